// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>

#include "exit_code.h"
#include "imagemill/text.h"
#include "models_text.h"
#include "terminal.h"
#include "terminal_text.h"

namespace imagemill::cli {
namespace {

using Action = ModelsRequest::Action;

// What is downloaded from where; on a terminal how far it is, too, on a line that is written over.
class PullPrinter final : public PullListener {
 public:
  ~PullPrinter() override { end_line(); }

  void on_license(const ModelDescription& model) override {
    std::cerr << "imagemill: " << terminal_escape(license_notice(model)) << '\n';
  }
  void on_file(const std::string& name, const std::string& source) override {
    end_line();
    std::cerr << terminal_escape(name) << " from " << terminal_escape(source) << '\n';
  }
  void on_progress(uint64_t bytes, uint64_t bytes_total) override {
    const auto now = std::chrono::steady_clock::now();
    if (!is_terminal_ || (has_line_ && now - shown_ < std::chrono::milliseconds(200))) return;
    shown_ = now;
    has_line_ = true;
    const std::string share = bytes_total == 0
                                  ? ""
                                  : fmt::format(" of {}, {} %", human_bytes(bytes_total),
                                                std::min(bytes, bytes_total) * 100 / bytes_total);
    std::cerr << fmt::format("\r{}{}\x1b[K", human_bytes(bytes), share) << std::flush;
  }
  void on_source_failed(const Status& status) override {
    end_line();
    std::cerr << "imagemill: " << terminal_escape(status.message()) << '\n';
  }

 private:
  void end_line() {
    if (has_line_) std::cerr << "\r\x1b[K";
    has_line_ = false;
  }

  const bool is_terminal_ = [] {
    const TerminalTraits traits = read_terminal_traits(STDERR_FILENO);
    return traits.is_tty && !traits.is_dumb;
  }();
  bool has_line_ = false;
  std::chrono::steady_clock::time_point shown_;
};

Result<int> list(const ModelPlaces& places, bool json) {
  IMAGEMILL_ASSIGN_OR_RETURN(const auto models, list_models(places));
  if (json) {
    std::cout << to_json(models) << '\n';
  } else {
    std::cout << models_table(models) << "store: " << terminal_escape(places.store) << '\n';
  }
  return kExitDone;
}

Result<int> show(const ModelPlaces& places, const ModelsRequest& request) {
  IMAGEMILL_ASSIGN_OR_RETURN(const ModelDescription model, describe_model(places, request.name));
  std::cout << (request.json ? to_json(model) + '\n' : model_text(model));
  return kExitDone;
}

Result<int> add(const ModelPlaces& places, const ModelAddition& addition) {
  IMAGEMILL_ASSIGN_OR_RETURN(const AddedModel added, add_model(places, addition));
  std::cout << terminal_escape(added.model.name) << ": added, " << human_bytes(added.model.bytes())
            << '\n';
  if (!added.assumptions.empty()) {
    std::cout << "It came without a manifest. Assumed:\n";
    for (const std::string& assumption : added.assumptions)
      std::cout << "  " << terminal_escape(assumption) << '\n';
    std::cout << "What is wrong can be changed in "
              << terminal_escape(added.model.folder + "/manifest.yaml") << '\n';
  } else if (!added.model.license_is_permissive) {
    std::cout << terminal_escape(license_notice(added.model)) << '\n';
  }
  return kExitDone;
}

Result<int> pull(const ModelPlaces& places, const ModelsRequest& request,
                 const CancelToken& cancel) {
  Result<ModelDescription> pulled;
  {
    PullPrinter printer;
    pulled = pull_model(places, request.name, request.sha256, printer, cancel);
  }
  if (!pulled) return std::unexpected(std::move(pulled).error());
  std::cout << terminal_escape(pulled->name) << ": in the store, "
            << terminal_escape(pulled->folder) << '\n';
  return kExitDone;
}

Result<int> verify(const ModelPlaces& places, const std::string& name) {
  IMAGEMILL_ASSIGN_OR_RETURN(const auto verdicts, verify_models(places, name));
  std::cout << verdicts_text(verdicts);
  const bool is_whole = std::ranges::all_of(
      verdicts, [](const ModelVerdict& verdict) { return verdict.problem.empty(); });
  return is_whole ? kExitDone : kExitSomeFailed;
}

Result<int> remove(const ModelPlaces& places, const std::string& name) {
  IMAGEMILL_TRY(remove_model(places, name));
  std::cout << terminal_escape(name) << ": removed\n";
  return kExitDone;
}

void add_addition_options(CLI::App& command, ModelAddition& addition) {
  command.add_option("path", addition.path, "an .onnx file, or a folder with a manifest.yaml")
      ->required()
      ->option_text("FILE");
  command.add_option("--name", addition.name, "what to call it; else made of the file's name");
  command.add_option("--family", addition.family,
                     "classify or embed, where there is no manifest; else guessed");
  command.add_option("--labels", addition.labels, "a text with a label on each line");
  command.add_option("--license", addition.license, "name of its licence, such as MIT");
  command.add_flag("--permissive", addition.license_is_permissive,
                   "the licence of --license allows every use");
}

}  // namespace

void add_models_command(CLI::App& app, ModelsRequest& request, std::function<void()> chosen) {
  CLI::App* models =
      app.add_subcommand("models", "Networks for the jobs: list, download, add and check them");
  models->require_subcommand(1);
  const auto action = [&](const char* name, const char* what, Action value) {
    CLI::App* command = models->add_subcommand(name, what);
    command->callback([&request, chosen, value] {
      request.action = value;
      chosen();
    });
    return command;
  };
  action("list", "Models of the store and of the catalogue", Action::kList)
      ->add_flag("--json", request.json, "for programs");
  CLI::App* info = action("info", "All about one: licence, files, hashes", Action::kInfo);
  info->add_option("name", request.name, "a name, or the path of an .onnx file")
      ->required()
      ->option_text("NAME");
  info->add_flag("--json", request.json, "for programs");
  add_addition_options(*action("add", "Copy a model into the store", Action::kAdd),
                       request.addition);
  CLI::App* pull = action("pull", "Download a model into the store", Action::kPull);
  pull->add_option("name", request.name, "as 'models list' has it")
      ->required()
      ->option_text("NAME");
  pull->add_option("--sha256", request.sha256,
                   "hash that the file must have, where the catalogue does not say");
  action("verify", "Check every file against its hash", Action::kVerify)
      ->add_option("name", request.name, "one model; else all")
      ->option_text("[NAME]");
  action("rm", "Remove a model from the store", Action::kRemove)
      ->add_option("name", request.name, "a model of the store")
      ->required()
      ->option_text("NAME");
}

Result<int> run_models(const ModelsRequest& request, const UserPlaces& user,
                       const CancelToken& cancel) {
  if (user.models.empty())
    return fail(Code::kInvalidArgument,
                "no folder for models: neither IMAGEMILL_MODELS nor HOME says where");
  const ModelPlaces places{.store = user.models, .mirror = user.models_mirror, .cache = user.cache};
  switch (request.action) {
    case Action::kList:
      return list(places, request.json);
    case Action::kInfo:
      return show(places, request);
    case Action::kAdd:
      return add(places, request.addition);
    case Action::kPull:
      return pull(places, request, cancel);
    case Action::kVerify:
      return verify(places, request.name);
    case Action::kRemove:
      return remove(places, request.name);
  }
  return kExitUsage;
}

}  // namespace imagemill::cli
