// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/vector_export.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/half.h"
#include "base/hash_set.h"
#include "base/text_file.h"
#include "jobs/csv_export.h"
#include "jobs/row_cursor.h"
#include "telemetry/json_path.h"
#include "vectors/npy.h"

namespace imagemill {
namespace {

static_assert(std::endian::native == std::endian::little, "vectors are written as they lie");

// The vectors of the inputs in a table, in key order, one after the other.
class VectorReader {
 public:
  VectorReader(FinishContext& context, std::string table, VectorType type)
      : context_(context), rows_(context.store(), std::move(table)), type_(type) {}

  // False: there are no more.
  Result<bool> next() {
    while (true) {
      IMAGEMILL_ASSIGN_OR_RETURN(row_, rows_.next());
      if (row_ == nullptr) return false;
      const auto* const bytes = std::get_if<Bytes>(&row_->row.values.front());
      if (bytes == nullptr || !context_.is_input(row_->key)) continue;
      IMAGEMILL_ASSIGN_OR_RETURN(vector_, unpack_vector(*bytes, type_));
      if (dims_ == 0) dims_ = vector_.size();
      if (vector_.size() == dims_) return true;
      return fail(Code::kUnsupported, "{}: {} numbers, those before have {}", key(), vector_.size(),
                  dims_);
    }
  }

  const std::string& key() const { return row_->key; }
  std::span<const float> vector() const { return vector_; }

 private:
  FinishContext& context_;
  RowCursor rows_;
  const VectorType type_;
  const KeyedRow* row_ = nullptr;
  size_t dims_ = 0;
  std::vector<float> vector_;
};

// A file of vectors that is being written.
class VectorFile {
 public:
  virtual ~VectorFile() = default;
  virtual Result<> append(const std::string& key, std::span<const float> vector) = 0;
  virtual Result<> finish() = 0;
};

class NpyVectors final : public VectorFile {
 public:
  explicit NpyVectors(NpyWriter writer) : writer_(std::move(writer)) {}
  Result<> append(const std::string&, std::span<const float> vector) override {
    return writer_.append(vector);
  }
  Result<> finish() override { return writer_.finish(); }

 private:
  NpyWriter writer_;
};

// Each of length 1, as those who search by dot product want them.
class UnitNpyVectors final : public VectorFile {
 public:
  explicit UnitNpyVectors(NpyWriter writer) : writer_(std::move(writer)) {}
  Result<> append(const std::string&, std::span<const float> vector) override {
    double squares = 0;
    for (const float value : vector) squares += double{value} * value;
    const double scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
    unit_.clear();
    for (const float value : vector) unit_.push_back(static_cast<float>(value * scale));
    return writer_.append(unit_);
  }
  Result<> finish() override { return writer_.finish(); }

 private:
  NpyWriter writer_;
  std::vector<float> unit_;
};

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

class TextVectors final : public VectorFile {
 public:
  TextVectors(TextFile file, bool is_json) : file_(std::move(file)), is_json_(is_json) {}
  Result<> append(const std::string& key, std::span<const float> vector) override {
    if (!is_json_) return file_.append(fmt::format("{},{}\r\n", csv_field(key), numbers(vector)));
    return file_.append(
        fmt::format("{{\"key\":{},\"features\":[{}]}}\n", json_text(key), numbers(vector)));
  }
  Result<> finish() override { return file_.finish(); }

 private:
  TextFile file_;
  const bool is_json_;
};

constexpr const char* kIndexName = "features_index.csv";
// clip-retrieval cuts its partitions there, too.
constexpr size_t kClipPartition = 1'000'000;

class Exporter {
 public:
  Exporter(FinishContext& context, const std::string& table, const VectorExport& wanted)
      : context_(context),
        wanted_(wanted),
        is_clip_(wanted.format == "clip-retrieval"),
        chunk_(is_clip_ && wanted.chunk == 0 ? kClipPartition : wanted.chunk),
        vectors_(context, table, wanted.type) {}

  Result<> run() {
    IMAGEMILL_ASSIGN_OR_RETURN(has_vector_, vectors_.next());
    if (is_clip_) IMAGEMILL_TRY(count_partitions());
    size_t files = 0;
    for (; has_vector_; ++files) {
      IMAGEMILL_TRY(write_file(files));
      if (is_clip_) IMAGEMILL_TRY(write_metadata(files));
    }
    IMAGEMILL_TRY(remove_files_from(files));
    if (wanted_.format != "npy") return {};
    return files > 0 ? write_index() : context_.remove_output(kIndexName);
  }

 private:
  std::string path(size_t file) const {
    if (is_clip_) return fmt::format("img_emb/img_emb_{:0{}}.npy", file, partition_digits_);
    if (chunk_ == 0) return fmt::format("features.{}", wanted_.format);
    return fmt::format("features_chunk_{}.{}", file, wanted_.format);
  }

  // Their readers sort by name: numbers are as long as how many there are.
  Result<> count_partitions() {
    IMAGEMILL_ASSIGN_OR_RETURN(const RunTotals totals, context_.store().totals());
    const size_t most = (static_cast<size_t>(totals.done) + chunk_ - 1) / chunk_;
    partition_digits_ = static_cast<int>(std::to_string(most).size());
    return {};
  }

  // There were more pictures once, and more files: their rows are nobody's now.
  Result<> remove_files_from(size_t first) {
    IMAGEMILL_ASSIGN_OR_RETURN(const RunTotals totals, context_.store().totals());
    const auto items = static_cast<size_t>(totals.done);
    const size_t most = chunk_ == 0 ? 1 : (items + chunk_ - 1) / chunk_;
    for (size_t file = first; file < most; ++file) {
      IMAGEMILL_TRY(context_.remove_output(path(file)));
      if (is_clip_) IMAGEMILL_TRY(context_.remove_output(metadata_path(file)));
    }
    return {};
  }

  std::string metadata_path(size_t file) const {
    return fmt::format("metadata/metadata_{:0{}}.jsonl", file, partition_digits_);
  }

  // As clip-retrieval has it: where the picture can be opened. What lies in an archive has a key
  // alone.
  std::string metadata_line(const std::string& key) const {
    nlohmann::ordered_json line = nlohmann::ordered_json::object();
    add_path_or_null(line, "image_path", context_.file_of(key));
    line["key"] = key;
    return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
  }

  // A line for each row of the partition, for the parquet file that clip-retrieval has there.
  Result<> write_metadata(size_t file) {
    return context_.write_output(metadata_path(file), [&](const std::string& name) -> Result<> {
      IMAGEMILL_ASSIGN_OR_RETURN(TextFile lines, TextFile::create(real_file_system(), name));
      for (const std::string& key : chunk_keys_) IMAGEMILL_TRY(lines.append(metadata_line(key)));
      return lines.finish();
    });
  }

  Result<std::unique_ptr<VectorFile>> create(const std::string& file) const {
    if (is_clip_) {
      IMAGEMILL_ASSIGN_OR_RETURN(
          NpyWriter writer,
          NpyWriter::create(real_file_system(), file, vectors_.vector().size(), VectorType::kF16));
      return std::make_unique<UnitNpyVectors>(std::move(writer));
    }
    if (wanted_.format == "npy") {
      IMAGEMILL_ASSIGN_OR_RETURN(
          NpyWriter writer,
          NpyWriter::create(real_file_system(), file, vectors_.vector().size(), wanted_.type));
      return std::make_unique<NpyVectors>(std::move(writer));
    }
    IMAGEMILL_ASSIGN_OR_RETURN(TextFile text, TextFile::create(real_file_system(), file));
    return std::make_unique<TextVectors>(std::move(text), wanted_.format == "jsonl");
  }

  Result<> write_file(size_t index) {
    bool is_made = false;
    const auto make = [&](const std::string& name) -> Result<> {
      is_made = true;
      IMAGEMILL_ASSIGN_OR_RETURN(const auto file, create(name));
      IMAGEMILL_TRY(take_vectors(file.get()));
      return file->finish();
    };
    IMAGEMILL_TRY(context_.write_output(path(index), make));
    // Somebody else's file stays where it is; the vectors after it are still those of later files.
    return is_made ? Result<>() : take_vectors(nullptr);
  }

  // As many as go into one file, which may be null.
  Result<> take_vectors(VectorFile* file) {
    chunk_keys_.clear();
    for (size_t n = 0; has_vector_ && (chunk_ == 0 || n < chunk_); ++n) {
      IMAGEMILL_TRY(context_.check_cancelled());
      if (file != nullptr) IMAGEMILL_TRY(file->append(vectors_.key(), vectors_.vector()));
      if (is_clip_)
        chunk_keys_.push_back(vectors_.key());
      else
        keys_.insert(hash_content(as_byte_span(vectors_.key())));
      IMAGEMILL_ASSIGN_OR_RETURN(has_vector_, vectors_.next());
    }
    return {};
  }

  // A line for each row of the .npy files: which input it is of. Items come in the same order.
  Result<> write_index() {
    return context_.write_output(kIndexName, [&](const std::string& name) -> Result<> {
      IMAGEMILL_ASSIGN_OR_RETURN(TextFile csv, TextFile::create(real_file_system(), name));
      IMAGEMILL_TRY(csv.append("row,file,key,bytes,hash,status\r\n"));
      size_t row = 0;
      const auto append_line = [&](const ItemRecord& item) -> Result<> {
        IMAGEMILL_TRY(context_.check_cancelled());
        if (!keys_.contains(hash_content(as_byte_span(item.key)))) return {};
        const size_t file = chunk_ == 0 ? 0 : row / chunk_;
        const size_t in_file = chunk_ == 0 ? row : row % chunk_;
        ++row;
        return csv.append(fmt::format("{},{},{},{},{},{}\r\n", in_file, path(file),
                                      csv_field(item.key), item.bytes, item.hash,
                                      item.is_damaged ? "damaged" : "done"));
      };
      IMAGEMILL_TRY(context_.store().for_each_item(append_line));
      if (row != keys_.size())
        return fail(Code::kInternal, "features_index.csv: {} rows, {} of them of known inputs",
                    keys_.size(), row);
      return csv.finish();
    });
  }

  FinishContext& context_;
  const VectorExport& wanted_;
  const bool is_clip_;
  const size_t chunk_;  // vectors in a file; 0: all in one
  VectorReader vectors_;
  bool has_vector_ = false;
  int partition_digits_ = 1;
  std::vector<std::string> chunk_keys_;  // clip-retrieval: of the file that was written last
  HashSet<ContentHash> keys_;            // of those that have a vector
};

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
  return Exporter(context, table, wanted).run();
}

}  // namespace imagemill
