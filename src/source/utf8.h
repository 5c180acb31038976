// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace imagemill {

// The first character of a text. Strict: overlong forms, surrogates and anything above U+10FFFF are
// not characters.
struct Utf8Char {
  char32_t code = 0;
  int bytes = 0;  // 0: the text is empty or does not begin with a character
};

Utf8Char first_utf8_char(std::string_view text);
bool is_utf8(std::string_view text);
void append_utf8(std::string& out, char32_t code);

// IBM code page 437, what ZIP names are in unless they say UTF-8. Bytes below 0x80 stay as they
// are.
std::string cp437_to_utf8(std::string_view text);

}  // namespace imagemill
