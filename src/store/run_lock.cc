// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "store/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace imagemill {

namespace {

// 0, or errno.
int try_lock(int fd, int kind) {
  int error;
  do {
    error = ::flock(fd, kind | LOCK_NB) == 0 ? 0 : errno;
  } while (error == EINTR);
  return error;
}

std::unexpected<Status> is_running(const std::string& path) {
  return fail(Code::kInvalidArgument,
              "{}: another imagemill is running on this output; wait for it or choose another "
              "output folder",
              path);
}

}  // namespace

Result<RunLock> RunLock::acquire(const std::string& store) {
  const std::string path = store + ".lock";
  // O_CLOEXEC: a helper process started by this one must not keep the lock beyond it.
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0)
    return fail(errno == ENOENT ? Code::kNotFound : Code::kIoError, "{}: cannot open: {}", path,
                std::strerror(errno));
  RunLock lock(fd);
  const int error = try_lock(fd, LOCK_EX);
  if (error == EWOULDBLOCK) return is_running(path);
  if (error != 0) return fail(Code::kIoError, "{}: cannot lock: {}", path, std::strerror(error));
  return lock;
}

Result<RunLock> RunLock::share(const std::string& store) {
  const std::string path = store + ".lock";
  RunLock lock(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (lock.fd_ >= 0 && try_lock(lock.fd_, LOCK_SH) == EWOULDBLOCK) return is_running(path);
  return lock;
}

RunLock::~RunLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace imagemill
