// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/reject_line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace imagemill {
namespace {

TEST(RejectLine, has_four_fields_in_order) {
  EXPECT_EQ(reject_line("in/a.jpg", "decode", Code::kCorruptInput, "JPEG: no SOI"),
            "{\"key\":\"in/a.jpg\",\"stage\":\"decode\",\"code\":\"corrupt_input\","
            "\"message\":\"JPEG: no SOI\"}\n");
}

TEST(RejectLine, stays_one_line_and_parses_whatever_the_text) {
  const std::string hostile("a\n\r\"\\\x1b\xFF\xC3\0z", 10);
  const std::string line = reject_line(hostile, hostile, Code::kInternal, hostile);
  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  const auto parsed = nlohmann::json::parse(line);
  EXPECT_EQ(parsed["message"].get<std::string>().substr(0, 6), "a\n\r\"\\\x1b");
}

}  // namespace
}  // namespace imagemill
