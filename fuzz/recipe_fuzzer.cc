// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A recipe, and then its options: text that users get from others.
#include "base/check.h"
#include "imagemill/engine.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace imagemill;
  RunSpec spec;
  if (!apply_recipe(std::string(reinterpret_cast<const char*>(data), size), spec)) return 0;
  (void)OptionValues::parse(run_options(), spec.options);
  for (const JobRequest& request : spec.jobs) {
    const JobInfo* job = find_job(request.name);
    if (job == nullptr) continue;
    const auto values = OptionValues::parse(job->options, request.options);
    if (!values) IMAGEMILL_CHECK(!values.error().message().empty());
  }
  return 0;
}
