// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace imagemill {
namespace {

constexpr int kFixedSize = F_SEAL_SHRINK | F_SEAL_GROW;

Result<> seal(int fd, int seals) {
  if (::fcntl(fd, F_ADD_SEALS, seals | F_SEAL_SEAL) != 0)
    return fail(Code::kIoError, "cannot seal shared memory: {}", std::strerror(errno));
  return {};
}

Result<FileDescriptor> create_unsealed() {
  FileDescriptor fd(::memfd_create("imagemill", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd.is_open())
    return fail(Code::kResourceExhausted, "cannot create shared memory: {}", std::strerror(errno));
  return fd;
}

}  // namespace

void FileDescriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<FileDescriptor> create_shared_memory(size_t bytes) {
  IMAGEMILL_ASSIGN_OR_RETURN(FileDescriptor fd, create_unsealed());
  if (bytes > static_cast<size_t>(std::numeric_limits<off_t>::max()) ||
      ::ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0)
    return fail(Code::kResourceExhausted, "no shared memory of {} bytes: {}", bytes,
                std::strerror(errno));
  IMAGEMILL_TRY(seal(fd.get(), kFixedSize));
  return fd;
}

Result<size_t> shared_memory_bytes(const FileDescriptor& fd) {
  // Not fstat(): glibc turns it into a call with a path, which a locked-down process may not make.
  const off_t end = ::lseek(fd.get(), 0, SEEK_END);
  if (end < 0)
    return fail(Code::kIoError, "cannot tell the size of shared memory: {}", std::strerror(errno));
  return static_cast<size_t>(end);
}

Result<std::shared_ptr<Buffer>> map_shared_memory(const FileDescriptor& fd, size_t bytes,
                                                  Access access) {
  IMAGEMILL_ASSIGN_OR_RETURN(const size_t size, shared_memory_bytes(fd));
  const int seals = ::fcntl(fd.get(), F_GET_SEALS);
  if (size < bytes || seals < 0 || (seals & F_SEAL_SHRINK) == 0)
    return fail(Code::kInvalidArgument, "shared memory of {} bytes, sealed {}; expected {} bytes",
                size, seals, bytes);
  auto buffer = std::make_shared<Buffer>();
  if (bytes == 0) return buffer;
  const int protection = access == Access::kRead ? PROT_READ : PROT_READ | PROT_WRITE;
  // All pages at once instead of a fault for each, but for what may never be touched.
  constexpr size_t kPopulatedBytes = 16 << 20;
  const int flags = MAP_SHARED | (bytes <= kPopulatedBytes ? MAP_POPULATE : 0);
  void* data = ::mmap(nullptr, bytes, protection, flags, fd.get(), 0);
  if (data == MAP_FAILED)
    return fail(Code::kResourceExhausted, "cannot map {} bytes of shared memory: {}", bytes,
                std::strerror(errno));
  buffer->data = static_cast<std::byte*>(data);
  buffer->bytes = bytes;
  buffer->deleter = [](Buffer& b) { ::munmap(b.data, b.bytes); };
  return buffer;
}

}  // namespace imagemill
