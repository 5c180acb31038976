// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "terminal_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <vector>

#include "imagemill/text.h"

namespace imagemill::cli {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Nothing to see, or changes how its neighbours are seen.
constexpr Range kUnsafe[] = {
    {0x00, 0x1F},     {0x7F, 0x9F},       {0xAD, 0xAD},       {0x61C, 0x61C},
    {0x115F, 0x1160}, {0x180E, 0x180E},   {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F}, {0x3164, 0x3164},   {0xFEFF, 0xFEFF},   {0xFFF0, 0xFFFB},
    {0xFFFE, 0xFFFF}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}, {0xF0000, 0x10FFFF},
};

// Combining marks of the common scripts and variation selectors.
constexpr Range kZeroWidth[] = {
    {0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},   {0x610, 0x61A},   {0x64B, 0x65F},
    {0x93C, 0x93C},   {0x941, 0x948},   {0x94D, 0x94D},   {0xE31, 0xE31},   {0xE34, 0xE3A},
    {0xE47, 0xE4E},   {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0x302A, 0x302D},
    {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
};

// East Asian Width W and F, with emoji taken as whole blocks: a narrow character counted as wide
// shortens a line, the reverse would wrap it.
constexpr Range kWide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23F3},
    {0x25FD, 0x25FE},   {0x2600, 0x27BF},   {0x2B1B, 0x2B1C},   {0x2B50, 0x2B55},
    {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},
    {0xA000, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
    {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x16FE0, 0x18AFF}, {0x1B000, 0x1B2FF}, {0x1F000, 0x1FAFF}, {0x20000, 0x3FFFD},
};

bool is_in(std::span<const Range> ranges, char32_t value) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), value,
                                      [](char32_t v, const Range& r) { return v < r.first; });
  return after != ranges.begin() && value <= std::prev(after)->last;
}

int columns_of(char32_t value) {
  if (value < 0x300) return 1;
  if (is_in(kZeroWidth, value)) return 0;
  return is_in(kWide, value) ? 2 : 1;
}

// The longest start of `text` that fits, in bytes, with the marks that belong to its last
// character.
size_t bytes_that_fit(std::string_view text, int columns) {
  size_t at = 0;
  int used = 0;
  while (at < text.size()) {
    const CodePoint point = next_code_point(text.substr(at));
    const int width = columns_of(point.value);
    if (used + width > columns) break;
    used += width;
    at += point.bytes;
  }
  return at;
}

}  // namespace

std::string terminal_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    if (!point.is_valid) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(text[0]));
    } else if (!is_in(kUnsafe, point.value)) {
      out.append(text.substr(0, point.bytes));
    } else if (point.value < 0x100) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<uint32_t>(point.value));
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<uint32_t>(point.value));
    }
    text.remove_prefix(point.bytes);
  }
  return out;
}

int terminal_width(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    width += columns_of(point.value);
    text.remove_prefix(point.bytes);
  }
  return width;
}

std::string truncate_end(std::string_view text, int columns, std::string_view ellipsis) {
  columns = std::max(columns, 0);
  if (terminal_width(text) <= columns) return std::string(text);
  const int room = columns - terminal_width(ellipsis);
  if (room < 0) return std::string(text.substr(0, bytes_that_fit(text, columns)));
  return std::string(text.substr(0, bytes_that_fit(text, room))).append(ellipsis);
}

std::string truncate_middle(std::string_view text, int columns, std::string_view ellipsis) {
  columns = std::max(columns, 0);
  const int width = terminal_width(text);
  if (width <= columns) return std::string(text);
  const int room = columns - terminal_width(ellipsis);
  if (room < 2) return truncate_end(text, columns, ellipsis);

  const int head_columns = room * 2 / 5;
  const size_t head = bytes_that_fit(text, head_columns);
  // The tail begins after the first (width - tail) columns; a wide character across that line goes.
  int to_drop = width - (room - head_columns);
  size_t tail = 0;
  while (tail < text.size()) {
    const CodePoint point = next_code_point(text.substr(tail));
    const int point_width = columns_of(point.value);
    // A mark belongs to the character before it, which is gone.
    if (to_drop <= 0 && point_width > 0) break;
    to_drop -= point_width;
    tail += point.bytes;
  }
  return std::string(text.substr(0, head)).append(ellipsis).append(text.substr(tail));
}

}  // namespace imagemill::cli
