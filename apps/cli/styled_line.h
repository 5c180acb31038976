// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace imagemill::cli {

enum class Ink : uint8_t { kPlain, kStrong, kFaint, kGood, kBad, kNotice };

struct LineStyle {
  bool colour = false;  // without it there is no control character in a line
  bool unicode = true;  // false: what Imagemill adds to the text is ASCII
};

// One line of pieces in different inks; it knows its width and is cut to a width when drawn, so
// that no line can wrap.
class StyledLine {
 public:
  StyledLine() = default;
  explicit StyledLine(std::string_view text, Ink ink = Ink::kPlain) { append(text, ink); }

  // `text` is escaped text.
  StyledLine& append(std::string_view text, Ink ink = Ink::kPlain);
  int width() const { return width_; }
  std::string render(int columns, const LineStyle& style) const;
  std::string text() const;

 private:
  struct Piece {
    std::string text;
    Ink ink;
  };
  std::vector<Piece> pieces_;
  int width_ = 0;
};

}  // namespace imagemill::cli
