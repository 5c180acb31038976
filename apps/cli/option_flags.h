// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>

#include "imagemill/job.h"

namespace CLI {
class App;
}

namespace imagemill::cli {

// "--name" for each row ("-k" for a name of one letter); what the user gives lands in `values` as
// text and is checked by the engine, so that flags, recipes and programs get the same words for the
// same mistake.
void add_options(CLI::App& app, std::span<const OptionSpec> specs, const std::string& prefix,
                 const std::string& group, std::map<std::string, std::string>& values);

// --json, of commands that print a report.
void add_json_flag(CLI::App& app, bool& json);

// --no-config.
void add_config_flag(CLI::App& app, bool& no_config);

}  // namespace imagemill::cli
