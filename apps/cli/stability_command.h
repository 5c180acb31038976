// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill stability`: how much an output's features change when its pictures are changed.
#pragma once

#include <functional>

#include "imagemill/stability.h"

namespace CLI {
class App;
}

namespace imagemill::cli {

struct StabilityRequest {
  StabilitySpec spec;
  bool json = false;
  bool no_config = false;  // the user's settings file is left alone
};

// Describes the command's arguments, which land in `request`; `chosen` is called when it is the
// command. Both must outlive the parsing.
void add_stability_command(CLI::App& app, StabilityRequest& request, std::function<void()> chosen);

// Prints; returns the exit code.
Result<int> run_stability(StabilityRequest& request, Listener& listener, const CancelToken& cancel);

}  // namespace imagemill::cli
