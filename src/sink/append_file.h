// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/file_system.h"

namespace imagemill {

// An archive that is being written: a file that only grows, and knows how long it is.
class AppendFile {
 public:
  // Cuts an existing file to `bytes`, which it has (the caller looked); 0 also creates.
  static Result<AppendFile> open(const std::string& path, uint64_t bytes, FileSystem& fs) {
    IMAGEMILL_ASSIGN_OR_RETURN(auto file, fs.append_at(path, bytes));
    return AppendFile(std::move(file), bytes);
  }

  uint64_t size() const { return size_; }

  Result<> append(ByteSpan bytes) {
    IMAGEMILL_TRY(file_->write(bytes));
    size_ += bytes.size();
    return {};
  }
  Result<> sync() { return file_->sync(); }
  Result<> close() { return file_->close(); }

 private:
  AppendFile(std::unique_ptr<WritableFile> file, uint64_t size)
      : file_(std::move(file)), size_(size) {}

  std::unique_ptr<WritableFile> file_;
  uint64_t size_;
};

// The size of a regular file; nullopt when there is no such file.
inline Result<std::optional<uint64_t>> file_size_if_any(const std::string& path, FileSystem& fs) {
  const auto stat = fs.stat(path);
  if (stat) {
    if (stat->kind != FileStat::Kind::kFile)
      return fail(Code::kInvalidArgument, "{}: not a regular file", path);
    return stat->bytes;
  }
  if (stat.error().code() == Code::kNotFound) return std::nullopt;
  return std::unexpected(stat.error());
}

}  // namespace imagemill
