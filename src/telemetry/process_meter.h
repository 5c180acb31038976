// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/file_system.h"

namespace imagemill {

struct ProcessSample {
  uint64_t resident_bytes = 0;
  uint64_t peak_resident_bytes = 0;
  double cpu_seconds = 0;  // user and system, since the process began
  double cpu_percent = 0;  // since the sample before; of one core
};

// Memory and processor time of this process and of the processes it started (decoder helpers and
// theirs). Of those only what they do not share is counted: pictures lie in memory shared with
// this process. One thread; a sample costs a few reads of /proc.
class ProcessMeter {
 public:
  explicit ProcessMeter(FileSystem& fs) : fs_(fs) {}

  // `seconds`: any clock that only goes forward, the same in each call.
  ProcessSample sample(double seconds);

 private:
  std::vector<int> descendants() const;

  FileSystem& fs_;
  uint64_t peak_resident_bytes_ = 0;
  double last_seconds_ = -1;
  double last_cpu_seconds_ = 0;
};

// What /proc tells of one process. Numbers that cannot be read are 0.
struct StatmBytes {
  uint64_t resident = 0;
  uint64_t shared = 0;  // part of resident that others may have too
};
StatmBytes parse_statm(std::string_view text, uint64_t page_bytes);
// User and system ticks of /proc/<pid>/stat; the name in it may contain anything.
uint64_t parse_stat_cpu_ticks(std::string_view text);

}  // namespace imagemill
