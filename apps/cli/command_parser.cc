// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "command_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <sstream>

#include "exit_code.h"
#include "imagemill/text.h"
#include "imagemill/version.h"

namespace imagemill::cli {
namespace {

// "--[no-]sheet", "--thumbs.[no-]sheet".
std::string both_forms(const std::string& flag) {
  const size_t at = flag.rfind('.') + 1;
  return fmt::format("--{}[no-]{}", flag.substr(0, at), flag.substr(at));
}

// Positional arguments as their text has them: "IN... OUT".
class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_option_usage(const CLI::Option* option) const override {
    return option->get_option_text();
  }
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    if (is_positional) return option->get_option_text();
    return option->get_fnames().empty() ? CLI::Formatter::make_option_name(option, false)
                                        : both_forms(option->get_lnames().front());
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_positional() ? "" : CLI::Formatter::make_option_opts(option);
  }
};

// The command that the words came to before the mistake.
const CLI::App& last_command(const CLI::App& app) {
  const auto below = app.get_subcommands();
  return below.empty() ? app : last_command(*below.front());
}

// "models pull"; "" for the program itself.
std::string full_name(const CLI::App& command) {
  if (command.get_parent() == nullptr) return {};
  const std::string family = full_name(*command.get_parent());
  return family.empty() ? command.get_name() : family + " " + command.get_name();
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& names) {
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const std::string_view near = nearest_name(word, candidates);
  return near.empty() ? "" : fmt::format(" (did you mean {}?)", near);
}

std::string unknown_word(const std::string& word, const CLI::App& command) {
  std::vector<std::string> names;
  if (word.starts_with('-')) {
    const std::string name = word.substr(0, word.find('='));
    for (const CLI::Option* option : command.get_options())
      for (const std::string& known : option->get_lnames()) names.push_back("--" + known);
    return fmt::format("{}: no such option{}", name, did_you_mean(name, names));
  }
  if (command.get_require_subcommand_min() == 0) return fmt::format("'{}': not expected", word);
  for (const CLI::App* below : command.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(below->get_name());
  return fmt::format("'{}': no such command{}", word, did_you_mean(word, names));
}

// One that may be given once and was given several times; null: none.
const CLI::Option* repeated_option(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options())
    if (option->get_multi_option_policy() == CLI::MultiOptionPolicy::Throw &&
        static_cast<int>(option->count()) > option->get_items_expected_max())
      return option;
  return nullptr;
}

// "--name=" is read as if the next word were its value.
const std::string* option_without_value(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word == "--") break;
    if (word.starts_with("--") && word.find('=') == word.size() - 1) return &word;
  }
  return nullptr;
}

// What the parser says of a missing argument names it as programs do.
std::string mistake_in(const CLI::App& command, const CLI::Error& error) {
  if (const auto words = command.remaining(); !words.empty())
    return unknown_word(words.front(), command);
  if (command.get_require_subcommand_min() > 0) return "a command is missing";
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional() || !option->get_required()) continue;
    if (option->count() == 0) return fmt::format("{}: missing", option->get_option_text());
  }
  if (const CLI::Option* const repeated = repeated_option(command))
    return fmt::format(
        "{}: given {}, expected once", repeated->get_name(),
        repeated->count() == 2 ? "twice" : fmt::format("{} times", repeated->count()));
  const std::string text = error.what();
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ArgumentMismatch))
    return text.substr(0, text.find(": ")) + ": expected a value after it";
  return text;
}

}  // namespace

CommandParser::CommandParser(std::vector<std::string> words)
    : words_(std::move(words)), app_("Imagemill: vision batch work over heaps of images") {
  app_.name("imagemill");
  app_.formatter(std::make_shared<HelpFormatter>());
  app_.require_subcommand(1);
  app_.set_version_flag("--version", std::string("imagemill " IMAGEMILL_VERSION));
}

CLI::App& CommandParser::add_family(const std::string& name, const std::string& summary) {
  CLI::App& family = *app_.add_subcommand(name, summary);
  family.require_subcommand(1);
  return family;
}

Result<Command> CommandParser::parse() {
  if (const std::string* const word = option_without_value(words_))
    return fail(Code::kInvalidArgument, "{}: expected a value after it", *word);
  std::vector<std::string> words(words_.begin() + (words_.empty() ? 0 : 1), words_.end());
  std::ranges::reverse(words);  // it takes them from the back
  try {
    app_.parse(std::move(words));
  } catch (const CLI::Success& asked) {
    return print_asked(asked);
  } catch (const CLI::Error& error) {
    if (last_command(app_).get_help_ptr()->count() > 0) return print_asked(CLI::CallForHelp());
    return usage_error(error);
  }
  return chosen_;
}

Command CommandParser::print_asked(const CLI::Success& asked) const {
  std::ostringstream text;
  app_.exit(asked, text, text);
  return [text = text.str()]() -> Result<int> {
    std::cout << text;
    return kExitDone;
  };
}

std::unexpected<Status> CommandParser::usage_error(const CLI::Error& error) const {
  const CLI::App& command = last_command(app_);
  const std::string name = full_name(command);
  return fail(Code::kInvalidArgument, "{}{}; \"imagemill {}{}--help\" lists what there is",
              name.empty() ? "" : name + ": ", mistake_in(command, error), name,
              name.empty() ? "" : " ");
}

}  // namespace imagemill::cli
