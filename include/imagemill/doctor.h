// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace imagemill {

// What this build and this machine can do, as far as Imagemill is concerned.
struct Diagnosis {
  std::string version;
  int cores = 0;                   // usable: affinity and quotas count
  uint64_t memory_bytes = 0;       // likewise; 0: the system does not tell
  std::vector<std::string> reads;  // formats, in this process
  std::vector<std::string> writes;
  bool has_helper = false;                // there is a file at `codec_host`
  std::vector<std::string> helper_reads;  // what it serves in addition when it is there
  std::vector<std::string> helper_writes;
  std::vector<std::string> helper_isolates;  // what it reads too with --isolate
  std::vector<std::string> libraries;        // "libpng 1.6.39"
};

// Starts nothing. `codec_host`: path of imagemill-codec.
Diagnosis diagnose(const std::string& codec_host);

}  // namespace imagemill
