// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string_view>

namespace imagemill::cli {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The first of the three that is set decides, as in setlocale(3).
bool has_utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string value(environment(name));
    if (value.empty()) continue;
    std::ranges::transform(value, value.begin(), [](unsigned char c) { return std::tolower(c); });
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

}  // namespace

TerminalTraits read_terminal_traits(int fd) {
  const std::string_view term = environment("TERM");
  return {.is_tty = isatty(fd) == 1,
          .is_dumb = term.empty() || term == "dumb",
          .no_colour = !environment("NO_COLOR").empty(),
          .is_utf8 = has_utf8_locale()};
}

TerminalSize read_terminal_size(int fd) {
  winsize size = {};
  TerminalSize out;
  if (ioctl(fd, TIOCGWINSZ, &size) != 0) return out;
  if (size.ws_col > 0) out.columns = size.ws_col;
  if (size.ws_row > 0) out.rows = size.ws_row;
  return out;
}

ProgressStyle choose_progress_style(ProgressWish wish, const TerminalTraits& traits) {
  switch (wish) {
    case ProgressWish::kNone:
      return ProgressStyle::kNone;
    case ProgressWish::kPlain:
      return ProgressStyle::kPlain;
    case ProgressWish::kTerminal:
      return traits.is_tty ? ProgressStyle::kTerminal : ProgressStyle::kPlain;
    case ProgressWish::kAuto:
      break;
  }
  const bool is_able = traits.is_tty && !traits.is_dumb && !traits.no_colour;
  return is_able ? ProgressStyle::kTerminal : ProgressStyle::kPlain;
}

}  // namespace imagemill::cli
