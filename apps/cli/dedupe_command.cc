// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "dedupe_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>

#include "dedupe_text.h"
#include "exit_code.h"
#include "terminal_text.h"
#include "work_folder.h"

namespace imagemill::cli {
namespace {

struct NamedAction {
  std::string_view name;
  DuplicateAction action;
};
constexpr std::array<NamedAction, 5> kActions = {{{"report", DuplicateAction::kReport},
                                                  {"move", DuplicateAction::kMove},
                                                  {"hardlink", DuplicateAction::kHardlink},
                                                  {"symlink", DuplicateAction::kSymlink},
                                                  {"trash", DuplicateAction::kTrash}}};

// The user's trash: Trash in $XDG_DATA_HOME or ~/.local/share.
std::string trash_folder() {
  const char* const data = std::getenv("XDG_DATA_HOME");
  if (data != nullptr && data[0] == '/') return std::string(data) + "/Trash";
  const char* const home = std::getenv("HOME");
  return home != nullptr && home[0] == '/' ? std::string(home) + "/.local/share/Trash" : "";
}

bool may_be_output(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (path == "-") return false;
  const auto there = fs::status(path, error);
  if (!fs::exists(there)) return true;
  if (fs::exists(path + ".imagemill", error) || fs::exists(path + "/.imagemill", error))
    return true;
  return fs::is_directory(there) && fs::is_empty(path, error) && !error;
}

// `embed` comes along where its vectors are compared.
Result<> choose_jobs(const DedupeRequest& request, RunSpec& run) {
  const auto embed = std::ranges::find(run.jobs, std::string("embed"), &JobRequest::name);
  const auto dedupe = std::ranges::find(run.jobs, std::string("dedupe"), &JobRequest::name);
  if (embed == run.jobs.end() || dedupe == run.jobs.end())
    return fail(Code::kInvalidArgument, "dedupe: a recipe with other jobs is for imagemill run");
  const auto by = dedupe->options.find("by");
  if (by == dedupe->options.end() || by->second == "hash") {
    if (!request.model.empty())
      return fail(Code::kInvalidArgument, "--model is for --by embedding or both");
    run.jobs.erase(embed);
    return {};
  }
  if (!request.model.empty()) embed->options["model"] = request.model;
  embed->options.emplace("output", "none");  // the vectors stay in the run's store
  return {};
}

void print(const DedupeOutcome& outcome, const DedupeSpec& spec, bool has_output, bool json) {
  const DuplicateFindings& findings = outcome.findings;
  if (json) {
    std::cout << (spec.action == DuplicateAction::kReport ? to_json(findings) : to_json(outcome));
  } else {
    if (!has_output) std::cout << groups_text(findings);
    std::cout << findings_line(findings);
    if (has_output)
      std::cout << "Groups: duplicates.* in " << terminal_escape(spec.run.output) << '\n';
    if (spec.action != DuplicateAction::kReport)
      std::cout << steps_text(outcome, spec.action, spec.apply);
  }
}

}  // namespace

CLI::App* add_dedupe_command(CLI::App& app, std::vector<std::string>& paths,
                             DedupeRequest& request) {
  CLI::App* const command = app.add_subcommand(
      "dedupe", "Groups of pictures that show the same; on demand the copies are put aside");
  command
      ->add_option("paths", paths,
                   "inputs (folder, .zip, .tar[.gz|.zst], list, picture, '-'), then the output: a "
                   "folder that is new, empty or of an earlier run")
      ->required()
      ->expected(1, 1 << 20)
      ->option_text("IN... [OUT]");
  std::vector<std::string> names;
  for (const NamedAction& action : kActions) names.emplace_back(action.name);
  command
      ->add_option("--action", request.action,
                   "what to do with copies: report, move them to OUT/duplicates, replace exact "
                   "ones by links (hardlink, symlink), trash [report]")
      ->check(CLI::IsMember(names))
      ->group("dedupe");
  command
      ->add_flag("--apply", request.apply,
                 "do it; without this flag an action is only told, and nothing is changed")
      ->group("dedupe");
  command->add_option("--model", request.model, "the network of --by embedding; see --embed.model")
      ->group("dedupe");
  return command;
}

std::string take_output(std::vector<std::string>& paths) {
  if (paths.size() < 2 || !may_be_output(paths.back())) return {};
  std::string output = std::move(paths.back());
  paths.pop_back();
  return output;
}

Result<int> run_dedupe(const DedupeRequest& request, RunSpec run, DedupeForm form,
                       Listener& listener, const CancelToken& cancel) {
  IMAGEMILL_TRY(choose_jobs(request, run));
  DedupeSpec spec{.run = std::move(run),
                  .action = std::ranges::find(kActions, request.action, &NamedAction::name)->action,
                  .apply = request.apply,
                  .trash_folder = trash_folder()};
  const bool has_output = !spec.run.output.empty();
  const bool is_report = spec.action == DuplicateAction::kReport;
  if (spec.apply && is_report)
    return fail(Code::kInvalidArgument, "--apply: --action says what to do");
  if (!is_report && !has_output)
    return fail(Code::kInvalidArgument,
                "--action {}: needs an output folder, for what is moved and for the journal",
                request.action);
  std::optional<WorkFolder> work;
  if (!has_output) {
    IMAGEMILL_ASSIGN_OR_RETURN(WorkFolder made, WorkFolder::make());
    work.emplace(std::move(made));
    spec.run.output = work->path();
    std::ranges::find(spec.run.jobs, std::string("dedupe"), &JobRequest::name)
        ->options["page-groups"] = "0";
  }
  IMAGEMILL_ASSIGN_OR_RETURN(const DedupeOutcome outcome, dedupe(spec, listener, cancel));
  if (outcome.run.outcome == RunFinished::Outcome::kFailed && !has_output)
    return fail(Code::kInternal, "{}", outcome.run.error);
  // A run that was stopped while it acted has something to tell, one that did not come so far none,
  // nor one that has looked at nothing.
  const auto dry_run = spec.run.options.find("dry-run");
  const bool has_looked = dry_run == spec.run.options.end() || dry_run->second == "false";
  const bool has_findings = has_looked && (outcome.run.outcome == RunFinished::Outcome::kComplete ||
                                           !outcome.steps.empty());
  if (has_findings && form != DedupeForm::kEvents)
    print(outcome, spec, has_output, form == DedupeForm::kJson);
  return exit_code(outcome.run);
}

}  // namespace imagemill::cli
