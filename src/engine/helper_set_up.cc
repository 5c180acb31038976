// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/helper_set_up.h"

#include "base/file_system.h"
#include "engine/run_plan.h"

namespace imagemill {
namespace {

// Below this, one helper process at a time has to do.
constexpr uint64_t kManyHelpersBytes = uint64_t{2} << 30;

}  // namespace

Result<std::unique_ptr<HelperPool>> open_helpers(const RunSpec& spec) {
  if (spec.codec_host.empty() || !real_file_system().stat(spec.codec_host)) return nullptr;
  IMAGEMILL_ASSIGN_OR_RETURN(const OptionValues options,
                             OptionValues::parse(run_options(), spec.options));
  const uint64_t max_bytes = max_memory_bytes(options);
  return HelperPool::open(
      {.binary = spec.codec_host,
       .max_processes = max_bytes < kManyHelpersBytes ? 1 : thread_count(options),
       .memory_limit_bytes = max_bytes / 4,
       .max_idle_resident_bytes = max_bytes / 8});
}

}  // namespace imagemill
