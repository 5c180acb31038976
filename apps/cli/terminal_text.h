// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Text that is safe to show on a terminal and fits where it goes. File names are hostile: an escape
// sequence in one can retitle a window or hide what follows.
#pragma once

#include <string>
#include <string_view>

namespace imagemill::cli {

// One line of valid UTF-8 without anything that a terminal obeys: control characters and broken
// bytes become \x1b, invisible and direction-changing characters \u202e.
std::string terminal_escape(std::string_view text);

// Columns that escaped text takes: 0 for combining marks, 2 for East Asian wide and emoji.
int terminal_width(std::string_view text);

// At most `columns` wide, cut between characters; where something was cut stands the ellipsis (left
// out when it alone is too wide). `text` is escaped text.
std::string truncate_end(std::string_view text, int columns, std::string_view ellipsis = "…");
// Keeps both ends, the last part longer: file names differ there.
std::string truncate_middle(std::string_view text, int columns, std::string_view ellipsis = "…");

}  // namespace imagemill::cli
