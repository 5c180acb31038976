// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/provider_check.h"

#include <gmock/gmock.h>

#include "support/onnxruntime.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

TEST(ProviderCheck, a_network_runs_on_the_cpu_and_what_is_not_installed_says_so) {
  auto runtime = OnnxRuntime::load({.library = test_onnxruntime()});
  ASSERT_THAT(runtime, IsOk());
  const auto checks = check_providers(*runtime, {});
  ASSERT_FALSE(checks.empty());
  EXPECT_EQ(checks.back().device, "cpu");
  EXPECT_EQ(checks.back().provider, "CPU");
  EXPECT_TRUE(checks.back().is_installed);
  EXPECT_EQ(checks.back().problem, "");
  for (const ProviderCheck& check : checks)
    if (!check.is_installed) {
      EXPECT_NE(check.problem, "") << check.device;
    }
}

}  // namespace
}  // namespace imagemill
