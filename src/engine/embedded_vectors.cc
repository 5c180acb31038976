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

struct IndexLine {
  std::string row;
  std::string file;
  std::string key;
  std::string hash;
};

// The lines of features_index.csv, which are in the order of the files and of the rows in them.
class IndexReader {
 public:
  explicit IndexReader(std::string_view text)
      : rest_(text), is_index_(text.starts_with(kIndexHead)) {
    skip_line();
  }

  bool is_index() const { return is_index_; }
  bool is_at_end() const { return rest_.empty(); }

  std::optional<IndexLine> next() {
    auto row = take_field(rest_), file = take_field(rest_), key = take_field(rest_);
    const auto bytes = take_field(rest_);
    auto hash = take_field(rest_);
    skip_line();
    if (!row || !file || !key || !bytes || !hash) return std::nullopt;
    return IndexLine{*std::move(row), *std::move(file), *std::move(key), *std::move(hash)};
  }

 private:
  void skip_line() {
    const size_t end = rest_.find('\n');
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  }

  std::string_view rest_;
  bool is_index_;
};

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
  IMAGEMILL_ASSIGN_OR_RETURN(const bool fits, read_index(as_text(*bytes), output));
  return fits ? has_stored_vectors(output) : Result<bool>(false);
}

// Side by side with the items that have a vector: the files may be of an earlier try of the run,
// with other pictures or other content under the same names.
Result<bool> EmbeddedVectors::read_index(std::string_view text, const EmbeddedOutput& output) {
  IndexReader lines(text);
  bool fits = lines.is_index();
  IMAGEMILL_TRY(output.store->for_each_hash_of(
      "embed", [&](std::string_view key, std::string_view hash) -> Result<> {
        const auto line = fits ? lines.next() : std::nullopt;
        fits = line && line->key == key && line->hash == hash &&
               add_row(line->row, line->file, key, output.place.output());
        return {};
      }));
  if (!fits || !lines.is_at_end()) return false;
  size_t in_files = 0;
  for (const Part& part : parts_) {
    if (part.view.dims != dims() || part.first != in_files) return false;
    in_files += part.view.rows;
  }
  return in_files == rows_;
}

bool EmbeddedVectors::add_row(std::string_view row, const std::string& file, std::string_view key,
                              const std::string& folder) {
  const bool is_next_file = parts_.empty() || parts_.back().npy_path != join_path(folder, file);
  if (is_next_file) {
    if (file.find('/') != std::string::npos) return false;
    auto npy = NpyFile::open(join_path(folder, file));
    if (!npy) return false;
    files_.push_back(std::make_unique<const NpyFile>(std::move(*npy)));
    parts_.push_back({join_path(folder, file), files_.back()->rows(), rows_});
  }
  if (row != std::to_string(rows_ - parts_.back().first)) return false;
  key_text_ += key;
  key_ends_.push_back(key_text_.size());
  ++rows_;
  return true;
}

// The first, the last and one between: another model's vectors of the same pictures hardly get
// these right.
Result<bool> EmbeddedVectors::has_stored_vectors(const EmbeddedOutput& output) const {
  if (rows_ == 0) return false;
  for (const size_t row : {size_t{0}, rows_ / 2, rows_ - 1}) {
    IMAGEMILL_ASSIGN_OR_RETURN(const auto stored, features_of(output, key(row)));
    if (stored != vector(row)) return false;
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
