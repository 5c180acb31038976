// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "option_flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

namespace imagemill::cli {

void add_options(CLI::App& app, std::span<const OptionSpec> specs, const std::string& prefix,
                 const std::string& group, std::map<std::string, std::string>& values) {
  for (const OptionSpec& spec : specs) {
    const std::string name(spec.name);
    std::string help(spec.help);
    if (!spec.choices.empty()) help += fmt::format(" ({})", spec.choices);
    if (!spec.default_value.empty() && spec.kind != OptionKind::kFlag)
      help += fmt::format(" [{}]", spec.default_value);
    const std::string flag =
        name.size() == 1 ? fmt::format("-{}", name) : fmt::format("--{}{}", prefix, name);
    CLI::Option* option = nullptr;
    if (spec.kind == OptionKind::kFlag) {
      option = app.add_flag_callback(flag, [&values, name] { values[name] = "true"; }, help);
      app.add_flag_callback(fmt::format("--{}no-{}", prefix, name),
                            [&values, name] { values[name] = "false"; })
          ->group("");
    } else if (spec.kind == OptionKind::kTexts) {
      option = app.add_option_function<std::vector<std::string>>(
          flag,
          [&values, name](const std::vector<std::string>& given) {
            values[name] = fmt::format("{}", fmt::join(given, "\n"));
          },
          help);
      option->allow_extra_args(false);
    } else {
      option = app.add_option_function<std::string>(
          flag, [&values, name](const std::string& given) { values[name] = given; }, help);
    }
    option->group(group);
  }
}

void add_json_flag(CLI::App& app, bool& json) {
  app.add_flag("--json", json, "print JSON, for programs");
}

void add_config_flag(CLI::App& app, bool& no_config) {
  app.add_flag("--no-config", no_config, "leave the user's settings file alone")->group("Run");
}

}  // namespace imagemill::cli
