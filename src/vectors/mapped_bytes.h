// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/file_system.h"
#include "imagemill/status.h"

namespace imagemill {

// Pages: of a file, to be read as they are touched, or zeroes of their own. Page-aligned; empty
// when there are none.
class MappedBytes {
 public:
  MappedBytes() = default;
  MappedBytes(MappedBytes&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  MappedBytes& operator=(MappedBytes&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MappedBytes();

  // The whole file, read-only; `stat` (if any) receives what was opened. Who cuts the file while
  // it is mapped ends this process: vectors are replaced by renaming, never written in place.
  static Result<MappedBytes> of_file(const std::string& path, FileStat* stat = nullptr);
  // Writable zeroes. kResourceExhausted when there is not that much memory.
  static Result<MappedBytes> zeroes(size_t bytes);

  ByteSpan span() const { return {data_, bytes_}; }
  std::span<std::byte> writable() { return {data_, bytes_}; }  // of zeroes() only

 private:
  std::byte* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace imagemill
