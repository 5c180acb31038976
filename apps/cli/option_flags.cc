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

std::string help_of(const OptionSpec& spec) {
  std::string help(spec.help);
  if (!spec.choices.empty()) help += fmt::format(" ({})", spec.choices);
  if (spec.max > spec.min) help += fmt::format(" ({} to {})", spec.min, spec.max);
  if (!spec.default_value.empty()) help += fmt::format(" [{}]", spec.default_value);
  return help;
}

// What stands for the value where usage is shown.
std::string value_name_of(OptionKind kind) {
  switch (kind) {
    case OptionKind::kFlag:
      return "";
    case OptionKind::kInteger:
      return "N";
    case OptionKind::kReal:
      return "NUMBER";
    case OptionKind::kChoice:
      return "NAME";
    case OptionKind::kBytes:
      return "BYTES";
    case OptionKind::kSize:
      return "SIZE";
    case OptionKind::kColor:
      return "COLOR";
    case OptionKind::kText:
    case OptionKind::kTexts:
      return "TEXT";
  }
  return "TEXT";
}

}  // namespace

void add_options(CLI::App& app, std::span<const OptionSpec> specs, const std::string& prefix,
                 const std::string& group, std::map<std::string, std::string>& values) {
  for (const OptionSpec& spec : specs) {
    const std::string name(spec.name);
    const std::string help = help_of(spec);
    const std::string flag =
        name.size() == 1 ? fmt::format("-{}", name) : fmt::format("--{}{}", prefix, name);
    CLI::Option* option = nullptr;
    if (spec.kind == OptionKind::kFlag) {
      // Its text as it was typed ("--name=maybe", too), of both forms whichever came last.
      option = app.add_flag(fmt::format("{},!--{}no-{}", flag, prefix, name), help)
                   ->each([&values, name](const std::string& given) { values[name] = given; });
    } else if (spec.kind == OptionKind::kTexts) {
      option = add_list(app, flag, help, [&values, name](const std::vector<std::string>& given) {
        values[name] = fmt::format("{}", fmt::join(given, "\n"));
      });
    } else {
      option = app.add_option_function<std::string>(
          flag, [&values, name](const std::string& given) { values[name] = given; }, help);
    }
    option->type_name(value_name_of(spec.kind))->group(group);
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

void add_repeated_option(CLI::App& app, const std::string& flag, const std::string& value_name,
                         const std::string& help, std::vector<std::string>& values) {
  add_list(app, flag, help, [&values](const std::vector<std::string>& given) {
    values = given;
  })->type_name(value_name);
}

void add_switch(CLI::App& app, const std::string& flag, const std::string& help,
                const std::string& group, bool& value) {
  app.add_flag(flag, help)
      ->each([&value](const std::string& given) {
        if (given != "true" && given != "false")
          throw CLI::ValidationError(fmt::format("'{}', expected true or false", given));
        value = given == "true";
      })
      ->group(group);
}

void add_json_flag(CLI::App& app, bool& json) {
  add_switch(app, "--json", "print JSON, for programs", "Options", json);
}

void add_config_flag(CLI::App& app, bool& no_config) {
  add_switch(app, "--no-config", "leave the user's settings file alone", "Run", no_config);
}

}  // namespace imagemill::cli
