// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What commands that are runs have in common: their flags, what else makes a run, who is told of
// it.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "imagemill/engine.h"

namespace CLI {
class App;
}

namespace imagemill::cli {

struct RunFlags {
  std::string job;  // the command's own: a recipe with others is not for it; "": any
  std::string recipe;
  bool no_config = false;
  bool json_events = false;
  std::map<std::string, std::string> display;  // --progress
};

// The run's options land in `spec`.
void add_run_flags(CLI::App& command, RunFlags& flags, RunSpec& spec);

// Completes `spec`, whose inputs and jobs are known, from recipe, settings, standard input and
// environment.
Result<> complete_run(const RunFlags& flags, RunSpec& spec);

// What input "-" stands for; "" where it is none of them.
Result<std::string> read_standard_input(std::span<const std::string> inputs);

Result<std::unique_ptr<Listener>> make_run_listener(const RunFlags& flags);

}  // namespace imagemill::cli
