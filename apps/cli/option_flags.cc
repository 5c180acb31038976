// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "option_flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

namespace imagemill::cli {
namespace {

constexpr int kMostWords = 1 << 20;

// The words as they were typed: a conversion to a vector has a meaning for "{}", "%%" and "".
CLI::Option* add_list(CLI::App& app, const std::string& name, const std::string& help,
                      const std::function<void(const std::vector<std::string>&)>& take) {
  return app
      .add_option(name, CLI::callback_t([take](const CLI::results_t& given) {
                    take(given);
                    return true;
                  }),
                  help)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace

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
      option = add_list(app, flag, help, [&values, name](const std::vector<std::string>& given) {
        values[name] = fmt::format("{}", fmt::join(given, "\n"));
      });
    } else {
      option = app.add_option_function<std::string>(
          flag, [&values, name](const std::string& given) { values[name] = given; }, help);
    }
    option->group(group);
  }
}

void add_words(CLI::App& app, const std::string& text, size_t least, const std::string& help,
               std::vector<std::string>& words) {
  add_list(app, "words", help,
           [text, least, &words](const std::vector<std::string>& given) {
             if (given.size() < least)
               throw CLI::ValidationError(
                   text, fmt::format("{} given, expected at least {}", given.size(), least));
             words = given;
           })
      ->required()
      // It takes words as long as it wants some; with allow_extra_args(), which is for lists, it
      // would read "[a,b]" as one.
      ->expected(kMostWords)
      ->option_text(text);
}

CLI::Option* add_repeated_option(CLI::App& app, const std::string& flag, const std::string& help,
                                 std::vector<std::string>& values) {
  return add_list(app, flag, help,
                  [&values](const std::vector<std::string>& given) { values = given; });
}

void add_json_flag(CLI::App& app, bool& json) {
  app.add_flag("--json", json, "print JSON, for programs");
}

void add_config_flag(CLI::App& app, bool& no_config) {
  app.add_flag("--no-config", no_config, "leave the user's settings file alone")->group("Run");
}

}  // namespace imagemill::cli
