// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/html_text.h"

#include <algorithm>

#include "imagemill/text.h"

namespace imagemill {
namespace {

bool is_unsafe(char32_t value) {
  const bool is_control =
      (value < 0x20 && value != '\t' && value != '\n') || (value >= 0x7F && value < 0xA0);
  const bool turns_direction = (value >= 0x202A && value <= 0x202E) ||
                               (value >= 0x2066 && value <= 0x2069) || value == 0x200E ||
                               value == 0x200F || value == 0x61C;
  return is_control || turns_direction || (value & 0xFFFE) == 0xFFFE;
}

}  // namespace

std::string html_escape(std::string_view text, size_t most_bytes) {
  std::string out;
  out.reserve(std::min(text.size(), most_bytes));
  size_t taken = 0;
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    if (taken + point.bytes > most_bytes) return out += "\u2026";
    if (point.value == '&') {
      out += "&amp;";
    } else if (point.value == '<') {
      out += "&lt;";
    } else if (point.value == '>') {
      out += "&gt;";
    } else if (point.value == '"') {
      out += "&quot;";
    } else if (point.value == '\'') {
      out += "&#39;";
    } else if (!point.is_valid || is_unsafe(point.value)) {
      out += "\xEF\xBF\xBD";
    } else {
      out += text.substr(0, point.bytes);
    }
    taken += point.bytes;
    text.remove_prefix(point.bytes);
  }
  return out;
}

std::string base64(ByteSpan bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = bytes.size() - i;
    const auto at = [&](size_t k) {
      return k < left ? std::to_integer<uint32_t>(bytes[i + k]) : 0;
    };
    const uint32_t group = at(0) << 16 | at(1) << 8 | at(2);
    out += kDigits[group >> 18];
    out += kDigits[group >> 12 & 63];
    out += left > 1 ? kDigits[group >> 6 & 63] : '=';
    out += left > 2 ? kDigits[group & 63] : '=';
  }
  return out;
}

}  // namespace imagemill
