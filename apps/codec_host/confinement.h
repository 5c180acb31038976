// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace imagemill::codec_host {

// First thing in main(): dies with the parent, leaves no core, holds no descriptor but 0 to 3,
// makes libraries that are loaded later use one thread.
// False when the parent is already gone.
bool leash(int parent_pid);

// Last thing before the first file: from here on the process may use the descriptors it has,
// memory up to `memory_bytes` more than it holds now, and processor time; nothing else. Returns
// what could not be had and why, "" when all could.
std::string confine(uint64_t memory_bytes, bool needs_threads);

}  // namespace imagemill::codec_host
