// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "interrupts.h"

#include <unistd.h>

#include <csignal>

#include "exit_code.h"
#include "progress_printer.h"

namespace imagemill::cli {
namespace {

CancelToken cancel_token;
bool is_terminal = false;  // standard error
volatile std::sig_atomic_t interrupts = 0;

void on_interrupt(int) {
  cancel_token.request();
  interrupts = interrupts + 1;
  if (interrupts < 2) return;
  if (is_terminal && write(STDERR_FILENO, kRestoreTerminal.data(), kRestoreTerminal.size()) < 0)
    _exit(kExitCancelled);
  _exit(kExitCancelled);
}

// What whoever started the program has turned off (nohup, a shell's background job) stays off.
void catch_unless_ignored(int signal) {
  struct sigaction before{};
  if (sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) return;
  struct sigaction action{};
  action.sa_handler = on_interrupt;
  sigaction(signal, &action, nullptr);
}

}  // namespace

const CancelToken& catch_interrupts() {
  is_terminal = isatty(STDERR_FILENO) == 1;
  // A terminal that is closed is no reason to leave half of something behind.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) catch_unless_ignored(signal);
  std::signal(SIGPIPE, SIG_IGN);
  return cancel_token;
}

}  // namespace imagemill::cli
