// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "base/file_system.h"

#include <algorithm>

namespace imagemill {
namespace {

// FileSystem::open for file systems that only know paths.
class FileByPath final : public ReadableFile {
 public:
  FileByPath(FileSystem& fs, std::string path, uint64_t bytes)
      : fs_(fs), path_(std::move(path)), bytes_(bytes) {}

  uint64_t bytes() const override { return bytes_; }

  Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) override {
    const uint64_t left = offset < bytes_ ? bytes_ - offset : 0;
    const uint64_t count = std::min<uint64_t>(out.size(), left);
    if (count == 0) return 0;
    IMAGEMILL_ASSIGN_OR_RETURN(const Bytes bytes, fs_.read_range(path_, offset, count));
    std::ranges::copy(bytes, out.begin());
    return bytes.size();
  }

 private:
  FileSystem& fs_;
  std::string path_;
  uint64_t bytes_;
};

}  // namespace

Result<std::vector<FolderMember>> FileSystem::list_with_stat(const std::string& folder) {
  IMAGEMILL_ASSIGN_OR_RETURN(const std::vector<FolderEntry> names, list(folder));
  std::vector<FolderMember> members;
  members.reserve(names.size());
  for (const FolderEntry& entry : names)
    members.push_back(
        {entry.name, entry.kind == FileStat::Kind::kSymlink, stat(join_path(folder, entry.name))});
  return members;
}

Result<> WritableFile::write_at(uint64_t offset, ByteSpan bytes) {
  return fail(Code::kUnsupported, "this file can only grow: asked to write {} bytes at {}",
              bytes.size(), offset);
}

Result<bool> FileSystem::rename_if_free(const std::string& from, const std::string& to) {
  const auto there = stat_link(to);
  if (there) return false;
  if (there.error().code() != Code::kNotFound) return std::unexpected(there.error());
  IMAGEMILL_TRY(rename(from, to));
  return true;
}

Result<> FileSystem::exchange(const std::string& a, const std::string& b) {
  return fail(Code::kUnsupported, "{}: cannot exchange {} with it in one step", b, a);
}

Result<> FileSystem::symbolic_link(const std::string& text, const std::string& path) {
  return fail(Code::kUnsupported, "{}: cannot make a link to {}: no symbolic links here", path,
              text);
}

Result<> FileSystem::hard_link(const std::string& from, const std::string& to) {
  return fail(Code::kUnsupported, "{}: cannot link {} to it: no hard links here", to, from);
}

Result<std::unique_ptr<ReadableFile>> FileSystem::open(const std::string& path) {
  IMAGEMILL_ASSIGN_OR_RETURN(const FileStat s, stat(path));
  if (s.kind != FileStat::Kind::kFile)
    return fail(Code::kUnsupported, "{}: not a regular file", path);
  return std::make_unique<FileByPath>(*this, path, s.bytes);
}

Result<> write_file_atomically(FileSystem& fs, const std::string& path, ByteSpan bytes) {
  const std::string temporary = path + ".partial";
  const auto write = [&]() -> Result<> {
    IMAGEMILL_ASSIGN_OR_RETURN(const auto file, fs.create(temporary));
    IMAGEMILL_TRY(file->write(bytes));
    IMAGEMILL_TRY(file->sync());
    IMAGEMILL_TRY(file->close());
    return fs.rename(temporary, path);
  };
  auto written = write();
  if (!written) (void)fs.remove(temporary);  // a full disk needs the room
  return written;
}

std::string join_path(std::string_view folder, std::string_view name) {
  if (folder.empty()) return std::string(name);
  std::string out(folder);
  if (out.back() != '/') out += '/';
  return out.append(name);
}

std::string_view file_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view parent_path(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {};
  return slash == 0 ? path.substr(0, 1) : path.substr(0, slash);
}

std::string_view file_stem(std::string_view path) {
  const std::string_view name = file_name(path);
  const size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? name : name.substr(0, dot);
}

std::string lower_extension(std::string_view path) {
  const std::string_view name = file_name(path);
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  std::string out(name.substr(dot + 1));
  std::ranges::transform(out, out.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
  });
  return out;
}

}  // namespace imagemill
