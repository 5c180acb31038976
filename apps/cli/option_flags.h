// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "imagemill/job.h"

namespace CLI {
class App;
}

namespace imagemill::cli {

// "--name" for each row ("-k" for a name of one letter; "--no-name", too, for a flag); what the
// user gives lands in `values` as text and is checked by the engine, so that flags, recipes and
// programs get the same words for the same mistake.
void add_options(CLI::App& app, std::span<const OptionSpec> specs, const std::string& prefix,
                 const std::string& group, std::map<std::string, std::string>& values);

// Words without an option before them, at least `least` of them, each as it was typed: the parser's
// own lists take "[a,b]" apart. `text`: how usage shows them, such as "IN... OUT".
void add_words(CLI::App& app, const std::string& text, size_t least, const std::string& help,
               std::vector<std::string>& words);

// An option that may be given several times, each time with one value that lands as it was typed.
// `value_name`: how help shows the value, such as "FILE".
void add_repeated_option(CLI::App& app, const std::string& flag, const std::string& value_name,
                         const std::string& help, std::vector<std::string>& values);

// A flag that is not among the rows of options.
void add_switch(CLI::App& app, const std::string& flag, const std::string& help,
                const std::string& group, bool& value);

// --json, of commands that print a report.
void add_json_flag(CLI::App& app, bool& json);

// --no-config.
void add_config_flag(CLI::App& app, bool& no_config);

}  // namespace imagemill::cli
