// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/vector_export.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/half.h"
#include "jobs/csv_export.h"
#include "vectors/npy.h"

namespace imagemill {
namespace {

static_assert(std::endian::native == std::endian::little, "vectors are written as they lie");

// The vectors of a table in key order.
class VectorRows {
 public:
  VectorRows(RunStore& store, std::string table, VectorType type)
      : store_(store), table_(std::move(table)), type_(type) {}

  using Visit = std::function<Result<>(const std::string& key, std::span<const float> vector)>;
  Result<> for_each(const Visit& visit) const {
    size_t dims = 0;
    return store_.for_each_row(table_, [&](const std::string& key, const Row& row) -> Result<> {
      const auto* const bytes = std::get_if<Bytes>(&row.values.front());
      if (bytes == nullptr) return {};
      IMAGEMILL_ASSIGN_OR_RETURN(const auto vector, unpack_vector(*bytes, type_));
      if (dims == 0) dims = vector.size();
      if (vector.size() != dims)
        return fail(Code::kUnsupported, "{}: {} numbers, those before have {}", key, vector.size(),
                    dims);
      return visit(key, vector);
    });
  }

 private:
  RunStore& store_;
  const std::string table_;
  const VectorType type_;
};

// `name` or, of several, name_chunk_<i>.
std::string chunk_path(std::string_view extension, size_t chunk, size_t index) {
  if (chunk == 0) return fmt::format("features.{}", extension);
  return fmt::format("features_chunk_{}.{}", index, extension);
}

// A line for each row of the .npy files: which input it is of.
Result<> write_index(FinishContext& context, std::span<const std::string> keys, size_t chunk) {
  std::string text = "row,file,key,bytes,hash,status\r\n";
  size_t row = 0;
  IMAGEMILL_TRY(context.store().for_each_item([&](const ItemRecord& item) -> Result<> {
    if (row == keys.size() || keys[row] != item.key) return {};
    const size_t file = chunk == 0 ? 0 : row / chunk;
    const size_t in_file = chunk == 0 ? row : row % chunk;
    text += fmt::format("{},{},{},{},{},{}\r\n", in_file, chunk_path("npy", chunk, file),
                        csv_field(item.key), item.bytes, item.hash,
                        item.is_damaged ? "damaged" : "done");
    ++row;
    return {};
  }));
  if (row != keys.size())
    return fail(Code::kInternal, "features_index.csv: {} rows, {} of them of known inputs",
                keys.size(), row);
  return context.write_output("features_index.csv", as_byte_span(text));
}

Result<> write_npy(FinishContext& context, const VectorRows& rows, const VectorExport& wanted) {
  std::vector<std::string> keys;
  size_t dims = 0;
  IMAGEMILL_TRY(
      rows.for_each([&](const std::string& key, std::span<const float> vector) -> Result<> {
        dims = vector.size();
        keys.push_back(key);
        return {};
      }));
  if (keys.empty()) return {};
  const size_t per_file = wanted.chunk == 0 ? keys.size() : wanted.chunk;
  for (size_t first = 0; first < keys.size(); first += per_file) {
    const auto make = [&](const std::string& file) -> Result<> {
      IMAGEMILL_ASSIGN_OR_RETURN(NpyWriter writer,
                                 NpyWriter::create(real_file_system(), file, dims, wanted.type));
      size_t row = 0;
      IMAGEMILL_TRY(
          rows.for_each([&](const std::string&, std::span<const float> vector) -> Result<> {
            const size_t now = row++;
            if (now < first || now >= first + per_file) return {};
            return writer.append(vector);
          }));
      return writer.finish();
    };
    IMAGEMILL_TRY(context.write_output(chunk_path("npy", wanted.chunk, first / per_file), make));
  }
  return write_index(context, keys, wanted.chunk);
}

std::string json_text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Shortest texts that give the same float32 again.
std::string numbers(std::span<const float> vector) {
  std::string text;
  for (const float value : vector) {
    if (!text.empty()) text += ',';
    text += fmt::format("{}", value);
  }
  return text;
}

Result<> write_text(FinishContext& context, const VectorRows& rows, const VectorExport& wanted) {
  const bool is_json = wanted.format == "jsonl";
  std::string text;
  size_t in_file = 0;
  size_t file = 0;
  const auto flush = [&]() -> Result<> {
    if (in_file == 0) return {};
    in_file = 0;
    const std::string path = chunk_path(wanted.format, wanted.chunk, file++);
    return context.write_output(path, as_byte_span(std::exchange(text, {})));
  };
  IMAGEMILL_TRY(rows.for_each([&](const std::string& key,
                                  std::span<const float> vector) -> Result<> {
    text += is_json
                ? fmt::format("{{\"key\":{},\"features\":[{}]}}\n", json_text(key), numbers(vector))
                : fmt::format("{},{}\r\n", csv_field(key), numbers(vector));
    return ++in_file == wanted.chunk ? flush() : Result<>();
  }));
  return flush();
}

}  // namespace

Bytes pack_vector(std::span<const float> values, VectorType type) {
  Bytes bytes(values.size() * element_bytes(type));
  if (type == VectorType::kF32) {
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
  }
  for (size_t i = 0; i < values.size(); ++i) {
    const uint16_t half = float_to_half(values[i]);
    std::memcpy(bytes.data() + 2 * i, &half, 2);
  }
  return bytes;
}

Result<std::vector<float>> unpack_vector(ByteSpan bytes, VectorType type) {
  const size_t each = element_bytes(type);
  if (bytes.size() % each != 0)
    return fail(Code::kCorruptInput, "a vector of {} bytes, {} for each number", bytes.size(),
                each);
  std::vector<float> values(bytes.size() / each);
  if (!values.empty()) VectorView{bytes.data(), type, 1, values.size()}.copy_row(0, values);
  return values;
}

Result<> export_vectors(FinishContext& context, const std::string& table,
                        const VectorExport& wanted) {
  if (wanted.format == "none") return {};
  const VectorRows rows(context.store(), table, wanted.type);
  if (wanted.format == "npy") return write_npy(context, rows, wanted);
  return write_text(context, rows, wanted);
}

}  // namespace imagemill
