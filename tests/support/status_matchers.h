// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "imagemill/status.h"

namespace imagemill {

// EXPECT_THAT(result, IsOk());
MATCHER(IsOk, "is a value") {
  if (arg.has_value()) return true;
  *result_listener << "which is " << arg.error().to_string();
  return false;
}

// EXPECT_THAT(result, FailsWith(Code::kCorruptInput, HasSubstr("SOI")));
MATCHER_P2(FailsWith, code, message, "") {
  if (arg.has_value()) {
    *result_listener << "which is a value";
    return false;
  }
  *result_listener << "which is " << arg.error().to_string();
  return arg.error().code() == code &&
         testing::ExplainMatchResult(message, arg.error().message(), result_listener);
}

MATCHER_P(FailsWith, code, "") {
  if (arg.has_value()) {
    *result_listener << "which is a value";
    return false;
  }
  *result_listener << "which is " << arg.error().to_string();
  return arg.error().code() == code;
}

}  // namespace imagemill

// ASSERT_OK_AND_ASSIGN(Image image, Image::allocate(...));
#define ASSERT_OK_AND_ASSIGN(lhs, expression) \
  ASSERT_OK_AND_ASSIGN_INNER(IMAGEMILL_CONCAT(test_result_, __LINE__), lhs, expression)
#define ASSERT_OK_AND_ASSIGN_INNER(result, lhs, expression)      \
  auto result = (expression);                                    \
  ASSERT_TRUE(result.has_value()) << result.error().to_string(); \
  lhs = std::move(result).value()
