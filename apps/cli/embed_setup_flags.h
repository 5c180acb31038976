// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What commands have in common that embed a few pictures on their way: search, compare, stability.
#pragma once

#include <string>
#include <vector>

#include "imagemill/embed_setup.h"
#include "imagemill/status.h"
#include "work_folder.h"

namespace CLI {
class App;
}

namespace imagemill::cli {

struct EmbedSetupFlags {
  bool json = false;
  bool no_config = false;
};

// The setup's options, --json and --no-config.
void add_setup_flags(CLI::App& command, EmbedSetupFlags& flags, EmbedSetup& setup);

// OUT, and where its model and its inputs are, if they are elsewhere by now.
void add_output_flags(CLI::App& command, std::string& output, EmbedSetup& setup,
                      std::vector<std::string>& inputs);

// Completes the setup from settings and environment; its work folder is there as long as the
// result.
Result<WorkFolder> complete_setup(const EmbedSetupFlags& flags, EmbedSetup& setup);

}  // namespace imagemill::cli
