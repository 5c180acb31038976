// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/libraries.h"

#include <fmt/format.h>
#include <hwy/targets.h>
#include <lcms2.h>
#include <zimg.h>

namespace imagemill {
namespace {

// Of the instruction sets that the kernels were compiled for, the one that this CPU gets: Highway
// numbers the better ones lower.
std::string instruction_set() {
  const int64_t targets = hwy::SupportedTargets();
  return hwy::TargetName(targets & -targets);
}

}  // namespace

std::vector<std::string> kernel_libraries() {
  unsigned major = 0, minor = 0, patch = 0;
  zimg_get_version_info(&major, &minor, &patch);
  const int lcms = cmsGetEncodedCMMversion();  // 2140 is 2.14
  return {fmt::format("zimg {}.{}.{}", major, minor, patch),
          fmt::format("Little CMS {}.{}", lcms / 1000, lcms % 1000 / 10),
          fmt::format("Highway for {}", instruction_set())};
}

}  // namespace imagemill
