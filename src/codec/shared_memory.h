// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Memory that two processes see: memfd plus mmap. Sizes are sealed before the other side gets the
// descriptor, so that neither can pull pages from under the other (SIGBUS).
#pragma once

#include <memory>
#include <utility>

#include "base/bytes.h"
#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

// Numbers of regions that a helper process keeps mapped from call to call; see SharedRegions.
inline constexpr int kSlots = 16;
inline constexpr int kNoSlot = -1;

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() { reset(); }

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

// `bytes` zeroes whose size can never change again; the content can.
Result<FileDescriptor> create_shared_memory(size_t bytes);

enum class Access : uint8_t { kRead, kReadWrite };

// Maps a whole descriptor; the buffer unmaps. kInvalidArgument when the descriptor holds less than
// `bytes`, or when its size is not sealed.
Result<std::shared_ptr<Buffer>> map_shared_memory(const FileDescriptor& fd, size_t bytes,
                                                  Access access);

// The size of what a descriptor refers to.
Result<size_t> shared_memory_bytes(const FileDescriptor& fd);

}  // namespace imagemill
