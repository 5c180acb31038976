// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/part_file.h"

#include <charconv>
#include <sstream>

namespace imagemill {
namespace {

constexpr uint64_t kOriginBytesMax = 1 << 14;

std::string to_text(const PartOrigin& origin) {
  return fmt::format("{}\n{}\n{}\n", origin.url, origin.etag, origin.bytes_total);
}

Result<PartOrigin> parse_origin(std::string_view text) {
  std::istringstream lines{std::string(text)};
  PartOrigin origin;
  std::string total;
  if (!std::getline(lines, origin.url) || !std::getline(lines, origin.etag) ||
      !std::getline(lines, total) || lines.eof())
    return fail(Code::kCorruptInput, "cut short");
  std::from_chars(total.data(), total.data() + total.size(), origin.bytes_total);
  return origin;
}

Result<> remove_if_there(FileSystem& fs, const std::string& path) {
  auto removed = fs.remove(path);
  if (!removed && removed.error().code() == Code::kNotFound) return {};
  return removed;
}

}  // namespace

Result<PartFile> PartFile::open(FileSystem& fs, std::string path) {
  PartFile part(fs, std::move(path));
  const auto stat = fs.stat_link(part.part_path());
  const auto text = fs.read(part.origin_path(), kOriginBytesMax);
  if (!stat || !text || stat->kind != FileStat::Kind::kFile) return part;
  if (auto origin = parse_origin(as_text(*text))) {
    part.origin_ = *std::move(origin);
    part.bytes_ = stat->bytes;
  }
  return part;
}

Result<> PartFile::begin(uint64_t offset, const PartOrigin& origin) {
  if (out_ == nullptr || offset == 0) {
    // The origin first: a part is never taken for the beginning of something else.
    if (offset == 0) {
      IMAGEMILL_TRY(remove_if_there(*fs_, origin_path()));
      IMAGEMILL_ASSIGN_OR_RETURN(out_, fs_->create(part_path()));
      hash_ = Sha256();
    } else {
      IMAGEMILL_ASSIGN_OR_RETURN(hash_, hash_start(*fs_, part_path(), offset));
      IMAGEMILL_ASSIGN_OR_RETURN(out_, fs_->append_at(part_path(), offset));
    }
  }
  bytes_ = offset;
  origin_ = origin;
  return write_file_atomically(*fs_, origin_path(), as_byte_span(to_text(origin)));
}

Result<> PartFile::write(ByteSpan bytes) {
  IMAGEMILL_TRY(out_->write(bytes));
  hash_.update(bytes);
  bytes_ += bytes.size();
  return {};
}

Result<std::string> PartFile::finish() {
  if (out_ == nullptr) IMAGEMILL_TRY(begin(bytes_, origin_));
  IMAGEMILL_TRY(out_->sync());
  IMAGEMILL_TRY(out_->close());
  out_.reset();
  return hash_.hex();
}

Result<> PartFile::keep() {
  IMAGEMILL_TRY(fs_->rename(part_path(), path_));
  return fs_->remove(origin_path());
}

Result<> PartFile::discard() {
  out_.reset();
  bytes_ = 0;
  origin_ = {};
  IMAGEMILL_TRY(remove_if_there(*fs_, part_path()));
  return remove_if_there(*fs_, origin_path());
}

}  // namespace imagemill
