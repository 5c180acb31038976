// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "option_flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <charconv>

namespace imagemill::cli {

// Not CLI11's own reading of size_t, which takes "-1" for the largest number and "010" for 8.
void add_count(CLI::App& app, const std::string& flag, size_t& value, const std::string& help) {
  app.add_option_function<std::string>(
         flag,
         [&value, flag](const std::string& given) {
           size_t count = 0;
           const char* const end = given.data() + given.size();
           const auto [rest, error] = std::from_chars(given.data(), end, count);
           if (error != std::errc() || rest != end || count == 0)
             throw CLI::ValidationError(
                 flag, fmt::format("'{}', expected a whole number of at least 1", given));
           value = count;
         },
         help)
      ->option_text("N");
}

void add_options(CLI::App& app, std::span<const OptionSpec> specs, const std::string& prefix,
                 const std::string& group, std::map<std::string, std::string>& values) {
  for (const OptionSpec& spec : specs) {
    const std::string name(spec.name);
    std::string help(spec.help);
    if (!spec.choices.empty()) help += fmt::format(" ({})", spec.choices);
    if (!spec.default_value.empty() && spec.kind != OptionKind::kFlag)
      help += fmt::format(" [{}]", spec.default_value);
    CLI::Option* option = nullptr;
    if (spec.kind == OptionKind::kFlag) {
      option = app.add_flag_callback(
          fmt::format("--{}{}", prefix, name), [&values, name] { values[name] = "true"; }, help);
      app.add_flag_callback(fmt::format("--{}no-{}", prefix, name),
                            [&values, name] { values[name] = "false"; })
          ->group("");
    } else if (spec.kind == OptionKind::kTexts) {
      option = app.add_option_function<std::vector<std::string>>(
          fmt::format("--{}{}", prefix, name),
          [&values, name](const std::vector<std::string>& given) {
            values[name] = fmt::format("{}", fmt::join(given, "\n"));
          },
          help);
      option->allow_extra_args(false);
    } else {
      option = app.add_option_function<std::string>(
          fmt::format("--{}{}", prefix, name),
          [&values, name](const std::string& given) { values[name] = given; }, help);
    }
    option->group(group);
  }
}

}  // namespace imagemill::cli
