// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "terminal_text.h"

#include <gtest/gtest.h>

#include <random>

#include "imagemill/text.h"

namespace imagemill::cli {
namespace {

TEST(TerminalEscape, leaves_ordinary_text_alone) {
  EXPECT_EQ(terminal_escape("photos/Ünïcode 日本語 😀.jpg"), "photos/Ünïcode 日本語 😀.jpg");
  EXPECT_EQ(terminal_escape(""), "");
}

TEST(TerminalEscape, shows_what_a_terminal_would_obey) {
  EXPECT_EQ(terminal_escape("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(terminal_escape("a\nb\r\t\x7f"), "a\\x0ab\\x0d\\x09\\x7f");
  EXPECT_EQ(terminal_escape(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(terminal_escape("\xC2\x9B"
                            "31m"),
            "\\x9b31m");  // CSI as one C1 character
  EXPECT_EQ(terminal_escape("gpj.\u202Eexe"), "gpj.\\u202eexe");
  EXPECT_EQ(terminal_escape("\u2066\u200B\uFEFF"), "\\u2066\\u200b\\ufeff");
  EXPECT_EQ(terminal_escape("\xFFz\xC3"), "\\xffz\\xc3");
}

TEST(TerminalEscape, random_bytes_give_valid_text_without_controls) {
  std::mt19937 random(20260101);
  for (int round = 0; round < 500; ++round) {
    std::string bytes(40, '\0');
    for (char& c : bytes) c = static_cast<char>(random() & 0xFF);
    const std::string escaped = terminal_escape(bytes);
    EXPECT_EQ(terminal_escape(escaped), escaped);
    for (std::string_view rest = escaped; !rest.empty();) {
      const CodePoint point = next_code_point(rest);
      EXPECT_TRUE(point.is_valid);
      EXPECT_GE(point.value, 0x20u);
      EXPECT_FALSE(point.value >= 0x7F && point.value < 0xA0);
      rest.remove_prefix(point.bytes);
    }
  }
}

TEST(TerminalWidth, counts_columns_not_bytes) {
  EXPECT_EQ(terminal_width("abc"), 3);
  EXPECT_EQ(terminal_width("é"), 1);
  EXPECT_EQ(terminal_width("e\u0301"), 1);
  EXPECT_EQ(terminal_width("日本"), 4);
  EXPECT_EQ(terminal_width("😀"), 2);
  EXPECT_EQ(terminal_width("━╸░█…·"), 6);
}

TEST(Truncate, keeps_what_fits) {
  EXPECT_EQ(truncate_end("abcdef", 6), "abcdef");
  EXPECT_EQ(truncate_end("abcdef", 4), "abc…");
  EXPECT_EQ(truncate_end("abcdef", 4, "..."), "a...");
  EXPECT_EQ(truncate_end("abcdef", 2, "..."), "ab");
  EXPECT_EQ(truncate_end("abcdef", 0), "");
  EXPECT_EQ(truncate_end("abcdef", -3), "");
  EXPECT_EQ(truncate_middle("photos/holiday/IMG_0001.jpg", 16), "photos…_0001.jpg");
  EXPECT_EQ(truncate_middle("abcdef", 2), "a…");
}

TEST(Truncate, never_wider_and_never_a_broken_character) {
  const std::string text = "日本語a\u0301bc/😀😀/Ünïcode-名前.jpeg";
  for (int columns = 0; columns < 40; ++columns) {
    for (const std::string& cut : {truncate_end(text, columns), truncate_middle(text, columns)}) {
      EXPECT_LE(terminal_width(cut), columns);
      EXPECT_EQ(terminal_escape(cut), cut);
    }
  }
}

}  // namespace
}  // namespace imagemill::cli
