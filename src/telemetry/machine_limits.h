// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What this process may use of the machine: less than the machine has when a container or a
// service manager says so.
#pragma once

#include <cstdint>
#include <string>

#include "base/file_system.h"

namespace imagemill {

// The least of the machine's memory and the limits of this process's control groups, those above
// them included (v2 memory.max, v1 memory.limit_in_bytes). 0 when the system tells nothing.
// `root` stands before /proc and /sys, for tests.
uint64_t available_memory_bytes(FileSystem& fs, const std::string& root = "");

// The least of the cores that this process may run on (affinity) and the quota of its control
// groups, rounded up (v2 cpu.max, v1 cpu.cfs_quota_us). At least 1.
int usable_cores(FileSystem& fs, const std::string& root = "");

}  // namespace imagemill
