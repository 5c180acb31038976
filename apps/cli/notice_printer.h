// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iostream>

#include "imagemill/events.h"
#include "run_summary.h"
#include "terminal_text.h"

namespace imagemill::cli {

// Warnings, one a line, where nothing is said of how far a command is.
class WarningPrinter : public Listener {
 public:
  void on_warning(const RunWarning& warning) override {
    if (warning.source.empty()) print(warning.message);
  }

 protected:
  static void print(std::string_view text) {
    std::cerr << "imagemill: " << terminal_escape(text) << '\n';
  }
};

// Pictures that fail, too, where no records are left that name them.
class FailurePrinter final : public WarningPrinter {
 public:
  void on_planned(const RunPlanned& planned) override { std::cout << plan_line(planned); }
  void on_item_failed(const ItemFailed& failed) override {
    print(failed.key + ": " + failed.status.message());
  }
};

}  // namespace imagemill::cli
