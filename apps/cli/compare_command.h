// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill compare`: whether two files hold the same picture.
#pragma once

#include <functional>

#include "imagemill/compare.h"

namespace CLI {
class App;
}

namespace imagemill::cli {

struct CompareRequest {
  CompareSpec spec;
  bool json = false;
  bool no_config = false;  // the user's settings file is left alone
};

// Describes the command's arguments, which land in `request`; `chosen` is called when it is the
// command. Both must outlive the parsing.
void add_compare_command(CLI::App& app, CompareRequest& request, std::function<void()> chosen);

// Prints; returns the exit code.
Result<int> run_compare(CompareRequest& request, Listener& listener, const CancelToken& cancel);

}  // namespace imagemill::cli
