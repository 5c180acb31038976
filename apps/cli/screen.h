// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A terminal for tests: understands exactly what the printer may write.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "imagemill/text.h"
#include "terminal_text.h"

namespace imagemill::cli {

class Screen {
 public:
  explicit Screen(int columns) : columns_(columns) {}

  void feed(std::string_view text) {
    while (!text.empty()) {
      if (text.starts_with("\x1b[")) {
        const size_t end = text.find_first_not_of("0123456789;?", 2);
        if (end == std::string_view::npos) {
          ++unknown_;
          return;
        }
        obey(text[end], std::string(text.substr(2, end - 2)));
        text.remove_prefix(end + 1);
      } else {
        const CodePoint point = next_code_point(text);
        put(text.substr(0, point.bytes));
        text.remove_prefix(point.bytes);
      }
    }
  }

  // Up to the last line with text in it.
  std::vector<std::string> lines() const {
    std::vector<std::string> out = lines_;
    while (!out.empty() && out.back().empty()) out.pop_back();
    return out;
  }
  bool has_wrapped() const { return has_wrapped_; }
  bool is_cursor_visible() const { return is_cursor_visible_; }
  int unknown_sequences() const { return unknown_; }

 private:
  std::string& line() {
    if (lines_.size() <= row_) lines_.resize(row_ + 1);
    return lines_[row_];
  }

  // Text is only ever written over a line from its beginning, or after its end.
  void put(std::string_view character) {
    if (character == "\r" || character == "\n") {
      written_.clear();
      if (character == "\n") ++row_;
      return;
    }
    if (static_cast<unsigned char>(character[0]) < 0x20) ++unknown_;
    written_ += character;
    line() = written_;
    if (terminal_width(written_) > columns_) has_wrapped_ = true;
  }

  void obey(char command, const std::string& argument) {
    if (command == 'A') {
      row_ -= std::min(row_, static_cast<size_t>(std::atoi(argument.c_str())));
    } else if (command == 'K') {
      line() = written_;
    } else if (command == 'J') {
      lines_.resize(std::min(lines_.size(), row_ + 1));
      line() = written_;
    } else if (command == 'h' && argument == "?25") {
      is_cursor_visible_ = true;
    } else if (command == 'l' && argument == "?25") {
      is_cursor_visible_ = false;
    } else if (command != 'm') {
      ++unknown_;
    }
  }

  int columns_;
  size_t row_ = 0;
  std::vector<std::string> lines_;
  std::string written_;
  bool has_wrapped_ = false;
  bool is_cursor_visible_ = true;
  int unknown_ = 0;
};

}  // namespace imagemill::cli
