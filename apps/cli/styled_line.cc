// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "styled_line.h"

#include <limits>

#include "terminal_text.h"

namespace imagemill::cli {
namespace {

// The sixteen colours: the terminal's owner chose what they look like.
std::string_view start_of(Ink ink) {
  switch (ink) {
    case Ink::kPlain:
      return "";
    case Ink::kStrong:
      return "\x1b[1m";
    case Ink::kFaint:
      return "\x1b[2m";
    case Ink::kGood:
      return "\x1b[32m";
    case Ink::kBad:
      return "\x1b[31m";
    case Ink::kNotice:
      return "\x1b[33m";
  }
  return "";
}

}  // namespace

StyledLine& StyledLine::append(std::string_view text, Ink ink) {
  width_ += terminal_width(text);
  pieces_.push_back({std::string(text), ink});
  return *this;
}

std::string StyledLine::render(int columns, const LineStyle& style) const {
  std::string out;
  int room = columns;
  for (const Piece& piece : pieces_) {
    if (room <= 0) break;
    const std::string text = truncate_end(piece.text, room, style.unicode ? "…" : "...");
    const std::string_view start = style.colour ? start_of(piece.ink) : "";
    out.append(start).append(text);
    if (!start.empty()) out.append("\x1b[0m");
    if (text != piece.text) break;
    room -= terminal_width(text);
  }
  return out;
}

std::string StyledLine::text() const { return render(std::numeric_limits<int>::max(), {}); }

}  // namespace imagemill::cli
