// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/check.h"
#include "source/kinds.h"

namespace imagemill {

// The bytes of one fuzzing run as a file that only memory holds.
class MemoryFile {
 public:
  MemoryFile(const uint8_t* bytes, size_t count) : fd_(::memfd_create("input", MFD_CLOEXEC)) {
    IMAGEMILL_CHECK(fd_ >= 0);
    while (count > 0) {
      const ssize_t n = ::write(fd_, bytes, count);
      IMAGEMILL_CHECK(n > 0);
      bytes += n;
      count -= static_cast<size_t>(n);
    }
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(fd_); }

  SourcePlace place() const {
    return {.location = "/proc/self/fd/" + std::to_string(fd_),
            .name = "input",
            .options = {.limits = {.max_file_bytes = 1 << 22,
                                   .max_entries = 10'000,
                                   .max_archive_bytes = 1 << 24,
                                   .max_ratio_floor = 1 << 18}},
            .fs = &real_file_system()};
  }

 private:
  int fd_;
};

inline void check_path(const std::string& path) {
  IMAGEMILL_CHECK(!path.empty() && path.front() != '/' && path.find('\0') == std::string::npos);
  for (size_t at = 0; at <= path.size();) {
    const size_t slash = std::min(path.find('/', at), path.size());
    const std::string segment = path.substr(at, slash - at);
    IMAGEMILL_CHECK(!segment.empty() && segment != "." && segment != "..");
    at = slash + 1;
  }
}

// Lists and reads a source, and checks what must hold whatever the input.
inline void read_everything(Result<std::unique_ptr<Source>> source) {
  if (!source) return;
  const auto listing = (*source)->list(CancelToken());
  if (!listing) return;
  std::set<std::string> keys;
  for (const SourceFailure& failure : listing->failures)
    IMAGEMILL_CHECK(keys.insert(failure.key).second);
  for (const SourceEntry& entry : listing->entries) {
    IMAGEMILL_CHECK(keys.insert(entry.key).second);
    check_path(entry.path());
    const auto bytes = (*source)->read(entry);
    if (bytes) IMAGEMILL_CHECK(bytes->size() == entry.bytes && bytes->size() <= 1 << 22);
  }
}

}  // namespace imagemill
