// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Text for people, the same words on a terminal, in a report and on a page: numbers with units, and
// UTF-8 read from where it may be broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace imagemill {

std::string human_bytes(uint64_t bytes);  // "812 B", "38.4 MB", "1.2 GB": powers of 1000
std::string human_seconds(
    double seconds);                      // "40 ms", "9.3 s", "3 min 20 s", "2 h 5 min", "4 d 1 h"
std::string human_count(int64_t count);   // "1,234,567"
std::string human_number(double number);  // three digits: "0.42", "12.3", "1,820"

struct CodePoint {
  char32_t value = 0;     // U+FFFD where the bytes are not UTF-8
  size_t bytes = 1;       // taken from the text; a broken sequence is taken one byte at a time
  bool is_valid = false;  // false: not UTF-8 (overlong and surrogate forms included)
};

// The first code point of a text that is not empty.
CodePoint next_code_point(std::string_view text);

// The candidate with the smallest edit distance, for "did you mean"; "" when none is near.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace imagemill
