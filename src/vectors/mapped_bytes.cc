// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "vectors/mapped_bytes.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace imagemill {
namespace {

std::unexpected<Status> system_failure(const std::string& path, std::string_view what, int error) {
  const Code code = error == ENOENT || error == ENOTDIR ? Code::kNotFound
                    : error == ENOMEM                   ? Code::kResourceExhausted
                                                        : Code::kIoError;
  return fail(code, "{}: {}: {}", path, what, std::strerror(error));
}

Result<std::byte*> map(int fd, size_t bytes, const std::string& path) {
  const int access = fd >= 0 ? PROT_READ : PROT_READ | PROT_WRITE;
  const int flags = fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
  void* data = ::mmap(nullptr, bytes, access, flags, fd, 0);
  if (data == MAP_FAILED) return system_failure(path, "cannot map", errno);
  // A scan of hundreds of megabytes is bound by address translation otherwise; refused is fine.
  (void)::madvise(data, bytes, MADV_HUGEPAGE);
  return static_cast<std::byte*>(data);
}

}  // namespace

MappedBytes::~MappedBytes() {
  if (data_ != nullptr) ::munmap(data_, bytes_);
}

Result<MappedBytes> MappedBytes::of_file(const std::string& path, FileStat* stat) {
  int fd;
  do {
    fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return system_failure(path, "cannot open", errno);

  struct stat status;
  const bool is_known = ::fstat(fd, &status) == 0;
  const int error = errno;
  auto out = [&]() -> Result<MappedBytes> {
    if (!is_known) return system_failure(path, "cannot stat", error);
    if (!S_ISREG(status.st_mode)) return fail(Code::kInvalidArgument, "{}: not a file", path);
    if (stat != nullptr)
      *stat = {FileStat::Kind::kFile, static_cast<uint64_t>(status.st_size),
               int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec,
               status.st_dev, status.st_ino};
    MappedBytes mapped;
    if (status.st_size == 0) return mapped;
    IMAGEMILL_ASSIGN_OR_RETURN(mapped.data_, map(fd, static_cast<size_t>(status.st_size), path));
    mapped.bytes_ = static_cast<size_t>(status.st_size);
    return mapped;
  }();
  ::close(fd);
  return out;
}

Result<MappedBytes> MappedBytes::zeroes(size_t bytes) {
  MappedBytes mapped;
  if (bytes == 0) return mapped;
  IMAGEMILL_ASSIGN_OR_RETURN(mapped.data_, map(-1, bytes, fmt::format("{} bytes", bytes)));
  mapped.bytes_ = bytes;
  return mapped;
}

}  // namespace imagemill
