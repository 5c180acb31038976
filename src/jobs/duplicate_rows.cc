// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/duplicate_rows.h"

#include <bit>
#include <cstring>

namespace imagemill {
namespace {

static_assert(std::endian::native == std::endian::little, "hashes are stored as they lie");

enum Place : size_t {
  kContent,
  kHash,
  kTurned,
  kSignature,
  kBlank,
  kSharpness,
  kFormat,
  kWidth,
  kHeight,
  kDamaged,
  kPlaces
};

template <typename T>
Bytes bytes_of(const T& array) {
  const auto bytes = std::as_bytes(std::span(array));
  return {bytes.begin(), bytes.end()};
}

template <typename T>
bool copy_blob(const Value& value, T& array) {
  const auto* const blob = std::get_if<Bytes>(&value);
  if (blob == nullptr || blob->size() != sizeof(array)) return false;
  std::memcpy(array.data(), blob->data(), sizeof(array));
  return true;
}

template <typename From, typename To>
bool copy_value(const Value& value, To& out) {
  const auto* const found = std::get_if<From>(&value);
  if (found == nullptr) return false;
  out = static_cast<To>(*found);
  return true;
}

bool copy_hash(const Value& value, uint64_t& out) {
  const auto* const text = std::get_if<std::string>(&value);
  if (text == nullptr || text->size() != 16) return false;
  out = 0;
  for (const char c : *text) {
    const size_t digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) return false;
    out = out << 4 | digit;
  }
  return true;
}

}  // namespace

TableSchema duplicate_table() {
  return {"dedupe",
          {{"content_hash", ColumnType::kText},
           {"hash", ColumnType::kText},
           {"turned_hashes", ColumnType::kBlob},
           {"signature", ColumnType::kBlob},
           {"blank", ColumnType::kInteger},
           {"sharpness", ColumnType::kReal},
           {"format", ColumnType::kText},
           {"width", ColumnType::kInteger},
           {"height", ColumnType::kInteger},
           {"damaged", ColumnType::kInteger}}};
}

std::vector<Value> to_values(const DuplicateRow& row) {
  return {row.content,
          fmt::format("{:016x}", row.hash),
          bytes_of(row.turned),
          bytes_of(row.signature),
          int64_t{row.is_blank},
          row.sharpness,
          row.format,
          int64_t{row.size.width},
          int64_t{row.size.height},
          int64_t{row.is_damaged}};
}

Result<DuplicateRow> from_values(const std::vector<Value>& values) {
  DuplicateRow row;
  const bool is_whole =
      values.size() == kPlaces && copy_value<std::string>(values[kContent], row.content) &&
      copy_hash(values[kHash], row.hash) && copy_blob(values[kTurned], row.turned) &&
      copy_blob(values[kSignature], row.signature) &&
      copy_value<int64_t>(values[kBlank], row.is_blank) &&
      copy_value<double>(values[kSharpness], row.sharpness) &&
      copy_value<std::string>(values[kFormat], row.format) &&
      copy_value<int64_t>(values[kWidth], row.size.width) &&
      copy_value<int64_t>(values[kHeight], row.size.height) &&
      copy_value<int64_t>(values[kDamaged], row.is_damaged);
  if (!is_whole) return fail(Code::kCorruptInput, "the run store has another table `dedupe`");
  return row;
}

Result<> for_each_duplicate_row(
    RunStore& store, const std::function<bool(std::string_view key)>& is_wanted,
    const std::function<Result<>(const std::string& key, const DuplicateRow& row)>& visit) {
  return store.for_each_row(duplicate_table().name,
                            [&](const std::string& key, const Row& values) -> Result<> {
                              if (!is_wanted(key)) return {};
                              auto row = from_values(values.values);
                              if (!row)
                                return std::unexpected(std::move(row).error().with_context(key));
                              return visit(key, *row);
                            });
}

}  // namespace imagemill
