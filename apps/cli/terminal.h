// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What kind of terminal there is. The only file of the command line's display that reads the
// environment.
#pragma once

#include <cstdint>
#include <string>

namespace imagemill::cli {

struct TerminalTraits {
  bool is_tty = false;
  bool is_dumb = false;    // TERM=dumb or unset
  bool no_colour = false;  // NO_COLOR is set and not empty
  bool is_utf8 = false;    // of the locale's character set
};

TerminalTraits read_terminal_traits(int fd);

struct TerminalSize {
  int columns = 80;
  int rows = 24;
};

// As it is now; 80 x 24 where there is no telling.
TerminalSize read_terminal_size(int fd);

enum class ProgressStyle : uint8_t {
  kTerminal,  // a panel repainted in place
  kPlain,     // lines for a log, no control characters
  kNone,      // the final summary alone
};

enum class ProgressWish : uint8_t { kAuto, kTerminal, kPlain, kNone };

// By itself, the panel appears only on a terminal that can move its cursor and whose user did not
// ask for plain text (NO_COLOR). Asked for by name it needs no more than a terminal.
ProgressStyle choose_progress_style(ProgressWish wish, const TerminalTraits& traits);

}  // namespace imagemill::cli
