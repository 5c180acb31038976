// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "imagemill/status.h"

namespace imagemill {

// One writer per output: an exclusive flock on a file beside the store. The kernel releases it when
// the process ends, however it ends, so no stale lock can be left; the file itself stays, because
// removing it would race with the next run that has it open already.
class RunLock {
 public:
  // kInvalidArgument when another process, or this one, holds it; kNotFound when the store's folder
  // is not there.
  static Result<RunLock> acquire(const std::string& store);
  // Keeps runs from beginning, but not others who share it. Nothing is made or written: where there
  // is no lock file, or none can be opened, there is nothing to hold.
  static Result<RunLock> share(const std::string& store);

  RunLock(RunLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  RunLock& operator=(RunLock&&) = delete;
  ~RunLock();

 private:
  explicit RunLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace imagemill
