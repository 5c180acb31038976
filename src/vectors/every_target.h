// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// For tests of vector kernels.
#pragma once

#include <gtest/gtest.h>
#include <hwy/targets.h>

namespace imagemill {

// Calls test() with every instruction set that this machine has.
template <typename Test>
void on_every_target(const Test& test) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().DeInit();
    test();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().DeInit();
}

}  // namespace imagemill
