// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "terminal.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

namespace imagemill::cli {
namespace {

TEST(ProgressStyle, the_panel_needs_an_able_terminal) {
  const TerminalTraits able = {.is_tty = true};
  EXPECT_EQ(choose_progress_style(ProgressWish::kAuto, able), ProgressStyle::kTerminal);
  EXPECT_EQ(choose_progress_style(ProgressWish::kAuto, {}), ProgressStyle::kPlain);
  EXPECT_EQ(choose_progress_style(ProgressWish::kAuto, {.is_tty = true, .is_dumb = true}),
            ProgressStyle::kPlain);
  EXPECT_EQ(choose_progress_style(ProgressWish::kAuto, {.is_tty = true, .no_colour = true}),
            ProgressStyle::kPlain);
}

TEST(ProgressStyle, a_wish_is_granted_where_it_can_be) {
  EXPECT_EQ(choose_progress_style(ProgressWish::kTerminal, {.is_tty = true, .no_colour = true}),
            ProgressStyle::kTerminal);
  EXPECT_EQ(choose_progress_style(ProgressWish::kTerminal, {}), ProgressStyle::kPlain);
  EXPECT_EQ(choose_progress_style(ProgressWish::kNone, {.is_tty = true}), ProgressStyle::kNone);
  EXPECT_EQ(choose_progress_style(ProgressWish::kPlain, {.is_tty = true}), ProgressStyle::kPlain);
}

TEST(TerminalTraits, come_from_the_environment) {
  setenv("TERM", "dumb", 1);
  setenv("NO_COLOR", "1", 1);
  setenv("LC_ALL", "C", 1);
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  TerminalTraits traits = read_terminal_traits(pipe_ends[1]);
  EXPECT_FALSE(traits.is_tty);
  EXPECT_TRUE(traits.is_dumb);
  EXPECT_TRUE(traits.no_colour);
  EXPECT_FALSE(traits.is_utf8);

  setenv("TERM", "xterm-256color", 1);
  setenv("NO_COLOR", "", 1);
  setenv("LC_ALL", "de_DE.UTF-8", 1);
  traits = read_terminal_traits(pipe_ends[1]);
  EXPECT_FALSE(traits.is_dumb);
  EXPECT_FALSE(traits.no_colour);
  EXPECT_TRUE(traits.is_utf8);

  EXPECT_EQ(read_terminal_size(pipe_ends[1]).columns, 80);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

}  // namespace
}  // namespace imagemill::cli
