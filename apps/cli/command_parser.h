// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The command line, read by commands that describe themselves: each adds its arguments, of which
// one command's are chosen.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "imagemill/status.h"

namespace imagemill::cli {

// What the command line asks for, ready to be done. Prints; returns the exit code.
using Command = std::function<Result<int>()>;

// A command to which arguments can be added, and where these are to land.
template <typename Request>
struct AddedCommand {
  CLI::App& app;
  Request& request;
};

class CommandParser {
 public:
  explicit CommandParser(std::vector<std::string> words);
  CommandParser(const CommandParser&) = delete;
  CommandParser& operator=(const CommandParser&) = delete;

  // As typed, the program first.
  const std::vector<std::string>& words() const { return words_; }

  // A command that is carried out by `run` with its request.
  template <typename Request>
  AddedCommand<Request> add(const std::string& name, const std::string& summary,
                            Result<int> (*run)(Request&)) {
    return add_to(app_, name, summary, run);
  }

  // The same below a name of add_family().
  template <typename Request>
  AddedCommand<Request> add_to(CLI::App& family, const std::string& name,
                               const std::string& summary, Result<int> (*run)(Request&)) {
    const auto request = std::make_shared<Request>();
    CLI::App& command = *family.add_subcommand(name, summary);
    command.callback([this, request, run] { chosen_ = [request, run] { return run(*request); }; });
    return {command, *request};
  }

  // A name with commands below it, such as `models`.
  CLI::App& add_family(const std::string& name, const std::string& summary);

  // The command that the words name; the one that prints help or the version where they ask for
  // that. Errors: kInvalidArgument, in the words of all others.
  Result<Command> parse();

 private:
  // Help or the version.
  Command print_asked(const CLI::Success& asked) const;
  std::unexpected<Status> usage_error(const CLI::Error& error) const;

  const std::vector<std::string> words_;
  CLI::App app_;
  Command chosen_;
};

}  // namespace imagemill::cli
