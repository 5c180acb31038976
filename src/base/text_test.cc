// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

namespace imagemill {
namespace {

TEST(HumanBytes, picks_the_unit_and_never_says_1000) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1000), "1.0 kB");
  EXPECT_EQ(human_bytes(38'420'000), "38.4 MB");
  EXPECT_EQ(human_bytes(412'300'000), "412 MB");
  EXPECT_EQ(human_bytes(999'499), "999 kB");
  EXPECT_EQ(human_bytes(999'500), "1.0 MB");
  EXPECT_EQ(human_bytes(1'234'000'000), "1.2 GB");
  EXPECT_EQ(human_bytes(UINT64_MAX), "18.4 EB");
}

TEST(HumanSeconds, uses_two_units_at_most) {
  EXPECT_EQ(human_seconds(0), "0.0 s");
  EXPECT_EQ(human_seconds(0.0402), "40 ms");
  EXPECT_EQ(human_seconds(1e-9), "1 ms");
  EXPECT_EQ(human_seconds(9.34), "9.3 s");
  EXPECT_EQ(human_seconds(59.4), "59 s");
  EXPECT_EQ(human_seconds(59.6), "1 min 0 s");
  EXPECT_EQ(human_seconds(200), "3 min 20 s");
  EXPECT_EQ(human_seconds(7500), "2 h 5 min");
  EXPECT_EQ(human_seconds(86400 * 4 + 3700), "4 d 1 h");
  EXPECT_EQ(human_seconds(-1), "?");
  EXPECT_EQ(human_seconds(std::nan("")), "?");
  EXPECT_NE(human_seconds(std::numeric_limits<double>::infinity()), "");
}

TEST(HumanCount, groups_by_three) {
  EXPECT_EQ(human_count(0), "0");
  EXPECT_EQ(human_count(999), "999");
  EXPECT_EQ(human_count(1000), "1,000");
  EXPECT_EQ(human_count(-123456), "-123,456");
  EXPECT_EQ(human_count(INT64_MIN), "-9,223,372,036,854,775,808");
}

TEST(HumanNumber, keeps_three_digits) {
  EXPECT_EQ(human_number(0), "0");
  EXPECT_EQ(human_number(0.42), "0.42");
  EXPECT_EQ(human_number(12.34), "12.3");
  EXPECT_EQ(human_number(99.96), "100");
  EXPECT_EQ(human_number(1820.4), "1,820");
  EXPECT_EQ(human_number(std::numeric_limits<double>::infinity()), "?");
}

TEST(NextCodePoint, reads_every_length) {
  EXPECT_EQ(next_code_point("a").value, U'a');
  EXPECT_EQ(next_code_point("\xC3\xA9").value, U'\u00E9');
  EXPECT_EQ(next_code_point("\xE2\x82\xAC!").bytes, 3u);
  EXPECT_EQ(next_code_point("\xF0\x9F\x98\x80").value, U'\U0001F600');
}

TEST(NextCodePoint, takes_one_byte_of_what_is_broken) {
  for (const char* text : {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80",
                           "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE2\x28\xA1"}) {
    const CodePoint point = next_code_point(text);
    EXPECT_FALSE(point.is_valid);
    EXPECT_EQ(point.bytes, 1u);
    EXPECT_EQ(point.value, U'\uFFFD');
  }
}

TEST(NearestName, is_what_was_probably_meant) {
  constexpr std::string_view kNames[] = {"quality", "size", "format"};
  EXPECT_EQ(nearest_name("qualty", kNames), "quality");
  EXPECT_EQ(nearest_name("sise", kNames), "size");
  EXPECT_EQ(nearest_name("completely-other", kNames), "");
  EXPECT_EQ(nearest_name("size", {}), "");
  constexpr std::string_view kShort[] = {"mf"};
  EXPECT_EQ(nearest_name("", kShort), "") << "nothing is near to no name";
}

}  // namespace
}  // namespace imagemill
