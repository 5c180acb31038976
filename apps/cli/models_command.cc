// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill models ...`: the models of the user.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>

#include "command_parser.h"
#include "commands.h"
#include "exit_code.h"
#include "imagemill/models.h"
#include "imagemill/text.h"
#include "interrupts.h"
#include "models_text.h"
#include "option_flags.h"
#include "terminal.h"
#include "terminal_text.h"
#include "user_places.h"

namespace imagemill::cli {
namespace {

struct ListRequest {
  bool json = false;
};

struct InfoRequest {
  std::string name;
  bool json = false;
};

struct AddRequest {
  ModelAddition addition;
};

struct PullRequest {
  std::string name;
  std::string sha256;
};

struct VerifyRequest {
  std::string name;  // "": all
};

struct RemoveRequest {
  std::string name;
};

Result<ModelPlaces> model_places() {
  const UserPlaces user = places_with_settings();
  if (user.models.empty())
    return fail(Code::kInvalidArgument,
                "no folder for models: neither IMAGEMILL_MODELS nor HOME says where");
  return ModelPlaces{.store = user.models, .mirror = user.models_mirror, .cache = user.cache};
}

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

Result<int> list(ListRequest& request) {
  IMAGEMILL_ASSIGN_OR_RETURN(const ModelPlaces places, model_places());
  IMAGEMILL_ASSIGN_OR_RETURN(const auto models, list_models(places));
  if (request.json) {
    std::cout << to_json(models) << '\n';
  } else {
    std::cout << models_table(models) << "store: " << terminal_escape(places.store) << '\n';
  }
  return kExitDone;
}

Result<int> show(InfoRequest& request) {
  IMAGEMILL_ASSIGN_OR_RETURN(const ModelPlaces places, model_places());
  IMAGEMILL_ASSIGN_OR_RETURN(const ModelDescription model, describe_model(places, request.name));
  std::cout << (request.json ? to_json(model) + '\n' : model_text(model));
  return kExitDone;
}

Result<int> add(AddRequest& request) {
  IMAGEMILL_ASSIGN_OR_RETURN(const ModelPlaces places, model_places());
  IMAGEMILL_ASSIGN_OR_RETURN(const AddedModel added, add_model(places, request.addition));
  std::cout << terminal_escape(added.model.name) << ": added, " << human_bytes(added.model.bytes())
            << '\n';
  if (!added.assumptions.empty()) {
    std::cout << "It came without a manifest. Assumed:\n";
    for (const std::string& assumption : added.assumptions)
      std::cout << "  " << terminal_escape(assumption) << '\n';
    std::cout << "What is wrong can be changed in "
              << terminal_escape(added.model.folder + "/manifest.yaml") << '\n';
  }
  const bool is_known = added.assumptions.empty() || !added.model.license.empty();
  if (is_known && !added.model.license_is_permissive)
    std::cout << terminal_escape(license_notice(added.model)) << '\n';
  return kExitDone;
}

Result<int> pull(PullRequest& request) {
  IMAGEMILL_ASSIGN_OR_RETURN(const ModelPlaces places, model_places());
  Result<ModelDescription> pulled;
  {
    PullPrinter printer;
    pulled = pull_model(places, request.name, request.sha256, printer, catch_interrupts());
  }
  if (!pulled) return std::unexpected(std::move(pulled).error());
  std::cout << terminal_escape(pulled->name) << ": in the store, "
            << terminal_escape(pulled->folder) << '\n';
  return kExitDone;
}

Result<int> verify(VerifyRequest& request) {
  IMAGEMILL_ASSIGN_OR_RETURN(const ModelPlaces places, model_places());
  IMAGEMILL_ASSIGN_OR_RETURN(const auto verdicts, verify_models(places, request.name));
  std::cout << verdicts_text(verdicts);
  const bool is_whole = std::ranges::all_of(
      verdicts, [](const ModelVerdict& verdict) { return verdict.problem.empty(); });
  return is_whole ? kExitDone : kExitSomeFailed;
}

Result<int> remove(RemoveRequest& request) {
  IMAGEMILL_ASSIGN_OR_RETURN(const ModelPlaces places, model_places());
  IMAGEMILL_TRY(remove_model(places, request.name));
  std::cout << terminal_escape(request.name) << ": removed\n";
  return kExitDone;
}

void add_addition_options(CLI::App& command, ModelAddition& addition) {
  command.add_option("path", addition.path, "an .onnx file, or a folder with a manifest.yaml")
      ->required()
      ->option_text("FILE");
  command.add_option("--name", addition.name, "what to call it; else made of the file's name")
      ->type_name("NAME");
  command
      .add_option("--family", addition.family,
                  "classify or embed, where there is no manifest; else guessed")
      ->type_name("NAME");
  command.add_option("--labels", addition.labels, "a text with a label on each line")
      ->type_name("FILE");
  command.add_option("--license", addition.license, "name of its licence, such as MIT")
      ->type_name("NAME");
  add_switch(command, "--permissive", "the licence of --license allows every use", "Options",
             addition.license_is_permissive);
}

void add_name(CLI::App& command, std::string& name, const std::string& what) {
  command.add_option("name", name, what)->required()->option_text("NAME");
}

}  // namespace

void add_models_commands(CommandParser& parser) {
  CLI::App& models =
      parser.add_family("models", "Networks for the jobs: list, download, add and check them");
  const auto listing =
      parser.add_to(models, "list", "Models of the store and of the catalogue", list);
  add_json_flag(listing.app, listing.request.json);
  const auto info = parser.add_to(models, "info", "All about one: licence, files, hashes", show);
  add_name(info.app, info.request.name, "a name, or the path of an .onnx file");
  add_json_flag(info.app, info.request.json);
  const auto addition = parser.add_to(models, "add", "Copy a model into the store", add);
  add_addition_options(addition.app, addition.request.addition);
  const auto pulled = parser.add_to(models, "pull", "Download a model into the store", pull);
  add_name(pulled.app, pulled.request.name, "as 'models list' has it");
  pulled.app
      .add_option("--sha256", pulled.request.sha256,
                  "hash that the file must have, where the catalogue does not say")
      ->type_name("HEX");
  const auto check = parser.add_to(models, "verify", "Check every file against its hash", verify);
  check.app.add_option("name", check.request.name, "one model; else all")->option_text("[NAME]");
  const auto removal = parser.add_to(models, "rm", "Remove a model from the store", remove);
  add_name(removal.app, removal.request.name, "a model of the store");
}

}  // namespace imagemill::cli
