// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/helper_set_up.h"

#include <algorithm>

#include "base/file_system.h"
#include "engine/run_plan.h"
#include "imagemill/engine.h"

namespace imagemill {
namespace {

// Below this, one helper process at a time has to do.
constexpr uint64_t kManyHelpersBytes = uint64_t{2} << 30;

// Of isolated decoding, kept warm for a process.
constexpr uint64_t kIdleSharedBytesMax = uint64_t{16} << 20;

}  // namespace

Result<Helpers> open_helpers(const std::map<std::string, std::string>& run_options,
                             const std::string& codec_host, const CancelToken& cancel) {
  IMAGEMILL_ASSIGN_OR_RETURN(const OptionValues options,
                             OptionValues::parse(imagemill::run_options(), run_options));
  Helpers helpers;
  if (options.flag("isolate")) helpers.isolation = Isolation::kDecoding;
  if (codec_host.empty() || !real_file_system().stat(codec_host)) {
    if (helpers.isolation == Isolation::kNone) return helpers;
    return fail(Code::kNotFound, "--isolate needs the codec helper imagemill-codec, none at '{}'",
                codec_host);
  }
  const uint64_t max_bytes = max_memory_bytes(options);
  const int threads = thread_count(options);
  IMAGEMILL_ASSIGN_OR_RETURN(
      helpers.pool,
      HelperPool::open(
          {.binary = codec_host,
           .max_processes = max_bytes < kManyHelpersBytes ? 1 : threads,
           // Headers are read on the threads that wait for disks.
           .max_builtin_processes = threads + kIoThreads,
           .memory_limit_bytes = max_bytes / 4,
           // Never less than the budget may promise: what can be decoded must not depend on where.
           .builtin_memory_limit_bytes = item_bytes_max(options, false),
           .max_idle_shared_bytes = std::min(kIdleSharedBytesMax, max_bytes / 64),
           .max_header_seconds = options.real("limit-seconds"),
           .cancel = &cancel,
           .max_idle_resident_bytes = max_bytes / 8}));
  return helpers;
}

}  // namespace imagemill
