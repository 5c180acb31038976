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
volatile std::sig_atomic_t interrupts = 0;

void on_interrupt(int) {
  cancel_token.request();
  interrupts = interrupts + 1;
  if (interrupts < 2) return;
  if (write(STDERR_FILENO, kRestoreTerminal.data(), kRestoreTerminal.size()) < 0)
    _exit(kExitCancelled);
  _exit(kExitCancelled);
}

}  // namespace

const CancelToken& catch_interrupts() {
  struct sigaction action{};
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return cancel_token;
}

}  // namespace imagemill::cli
