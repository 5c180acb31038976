// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

#include "imagemill/job.h"

namespace CLI {
class App;
}

namespace imagemill::cli {

// A whole number of at least 1; left as it is where the flag is not given.
void add_count(CLI::App& app, const std::string& flag, size_t& value, const std::string& help);

// "--name" for each row; what the user gives lands in `values` as text and is checked by the
// engine, so that flags, recipes and programs get the same words for the same mistake.
void add_options(CLI::App& app, std::span<const OptionSpec> specs, const std::string& prefix,
                 const std::string& group, std::map<std::string, std::string>& values);

}  // namespace imagemill::cli
