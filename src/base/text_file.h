// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/file_system.h"

namespace imagemill {

// A text that is written piece by piece: what is longer than memory.
class TextFile {
 public:
  static Result<TextFile> create(FileSystem& fs, const std::string& path) {
    IMAGEMILL_ASSIGN_OR_RETURN(auto file, fs.create(path));
    return TextFile(std::move(file));
  }

  Result<> append(std::string_view text) {
    pending_ += text;
    return pending_.size() < kFlushBytes ? Result<>() : flush();
  }

  // Nothing is lost after it. Once.
  Result<> finish() {
    IMAGEMILL_TRY(flush());
    IMAGEMILL_TRY(file_->sync());
    return file_->close();
  }

 private:
  static constexpr size_t kFlushBytes = 256 << 10;

  explicit TextFile(std::unique_ptr<WritableFile> file) : file_(std::move(file)) {}

  Result<> flush() {
    IMAGEMILL_TRY(file_->write(as_byte_span(pending_)));
    pending_.clear();
    return {};
  }

  std::unique_ptr<WritableFile> file_;
  std::string pending_;
};

}  // namespace imagemill
