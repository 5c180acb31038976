// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/embedded_vectors.h"

#include <algorithm>
#include <ranges>

namespace imagemill {
namespace {

constexpr uint64_t kIndexBytesMax = uint64_t{16} << 30;
constexpr std::string_view kIndexHead = "row,file,key,";

// The next field of a CSV as vector_export writes it; `text` begins after its comma then.
// nullopt: the line is not one of those.
std::optional<std::string> take_field(std::string_view& text) {
  std::string field;
  if (!text.starts_with('"')) {
    const size_t end = text.find_first_of(",\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    field = text.substr(0, end);
    text.remove_prefix(end + (text[end] == ',' ? 1 : 0));
    return field;
  }
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '"') {
      field += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '"') {
      field += text[i++];
    } else {
      text.remove_prefix(i + 1);
      if (text.starts_with(',')) text.remove_prefix(1);
      return field;
    }
  }
  return std::nullopt;
}

void skip_line(std::string_view& text) {
  const size_t end = text.find('\n');
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
}

}  // namespace

Result<EmbeddedVectors> EmbeddedVectors::open(const EmbeddedOutput& output, FileSystem& fs) {
  if (output.place.sink_kind() == SinkKind::kFolder) {
    EmbeddedVectors out;
    IMAGEMILL_ASSIGN_OR_RETURN(const bool opened, out.open_files(output, fs));
    if (opened) return out;
  }
  EmbeddedVectors out;
  IMAGEMILL_TRY(out.read_store(output));
  if (out.rows() == 0)
    return fail(Code::kInvalidArgument, "{}: holds no vectors: none of its pictures has any",
                output.place.output());
  return out;
}

Result<bool> EmbeddedVectors::open_files(const EmbeddedOutput& output, FileSystem& fs) {
  const auto bytes =
      fs.read(join_path(output.place.output(), "features_index.csv"), kIndexBytesMax);
  if (!bytes) return false;
  IMAGEMILL_ASSIGN_OR_RETURN(const bool fits, read_index(as_text(*bytes), output.place.output()));
  return fits ? is_what_the_store_holds(output) : Result<bool>(false);
}

// Lines are in the order of the files and of the rows in them.
Result<bool> EmbeddedVectors::read_index(std::string_view rest, const std::string& folder) {
  if (!rest.starts_with(kIndexHead)) return false;
  std::string name;
  for (skip_line(rest); !rest.empty(); skip_line(rest)) {
    const auto row = take_field(rest);
    const auto file = take_field(rest);
    const auto key = take_field(rest);
    if (!row || !file || !key || file->find('/') != std::string::npos) return false;
    if (*file != name) {
      name = *file;
      auto npy = NpyFile::open(join_path(folder, name));
      if (!npy) return false;
      files_.push_back(std::make_unique<const NpyFile>(std::move(*npy)));
      parts_.push_back({join_path(folder, name), files_.back()->rows(), rows_});
    }
    if (*row != std::to_string(rows_ - parts_.back().first)) return false;
    key_text_ += *key;
    key_ends_.push_back(key_text_.size());
    ++rows_;
  }
  size_t in_files = 0;
  for (const Part& part : parts_) {
    if (part.view.dims != dims() || part.first != in_files) return false;
    in_files += part.view.rows;
  }
  return in_files == rows_;
}

// The first, the last and one between: whoever mixes up files hardly gets these right.
Result<bool> EmbeddedVectors::is_what_the_store_holds(const EmbeddedOutput& output) const {
  if (rows_ == 0) return false;
  for (const size_t row : {size_t{0}, rows_ / 2, rows_ - 1}) {
    const auto stored = features_of(output, key(row));
    if (!stored && stored.error().code() == Code::kNotFound) return false;
    if (!stored) return std::unexpected(stored.error());
    if (*stored != vector(row)) return false;
  }
  return true;
}

Result<> EmbeddedVectors::read_store(const EmbeddedOutput& output) {
  size_t dimensions = 0;
  IMAGEMILL_TRY(for_each_features(
      output, [&](const std::string& key, std::span<const float> features) -> Result<> {
        if (rows_ == 0) dimensions = features.size();
        if (features.size() != dimensions || dimensions == 0)
          return fail(Code::kUnsupported, "{}: {} numbers, those before have {}", key,
                      features.size(), dimensions);
        values_.insert(values_.end(), features.begin(), features.end());
        key_text_ += key;
        key_ends_.push_back(key_text_.size());
        ++rows_;
        return {};
      }));
  if (rows_ > 0) parts_.push_back({"", VectorView::of(values_, dimensions), 0});
  return {};
}

std::string EmbeddedVectors::key(size_t row) const {
  const uint64_t begin = row == 0 ? 0 : key_ends_.at(row - 1);
  return key_text_.substr(begin, key_ends_.at(row) - begin);
}

std::optional<size_t> EmbeddedVectors::row_of(std::string_view wanted) const {
  const auto rows = std::views::iota(size_t{0}, rows_);
  const auto found =
      std::ranges::lower_bound(rows, wanted, {}, [this](size_t row) { return key(row); });
  if (found == rows.end() || key(*found) != wanted) return std::nullopt;
  return *found;
}

std::vector<float> EmbeddedVectors::vector(size_t row) const {
  const auto part = std::ranges::upper_bound(parts_, row, {}, &Part::first) - 1;
  std::vector<float> out(part->view.dims);
  part->view.copy_row(row - part->first, out);
  return out;
}

}  // namespace imagemill
