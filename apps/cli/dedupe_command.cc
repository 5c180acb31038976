// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill dedupe IN... [OUT]`: copies found and, when asked to, put aside.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>

#include "command_parser.h"
#include "commands.h"
#include "dedupe_text.h"
#include "exit_code.h"
#include "imagemill/dedupe.h"
#include "interrupts.h"
#include "notice_printer.h"
#include "option_flags.h"
#include "run_flags.h"
#include "terminal_text.h"
#include "work_folder.h"

namespace imagemill::cli {
namespace {

constexpr std::array kOwnOptions = {
    OptionSpec{
        "action", OptionKind::kChoice, "report",
        "what to do with copies; move: to OUT/duplicates; hardlink, symlink: exact ones give "
        "way to links; trash: as the desktop does",
        "report|move|hardlink|symlink|trash"},
};

struct DedupeRequest {
  RunFlags flags;
  RunSpec run;
  std::vector<std::string> paths;             // IN... [OUT]
  std::map<std::string, std::string> own;     // names and values of kOwnOptions
  std::map<std::string, std::string> dedupe;  // of the job
  std::map<std::string, std::string> embed;   // of that job
  bool apply = false;
  bool json = false;
  std::string model;  // short for --embed.model
};

DuplicateAction action_named(const std::string& name) {
  return name == "move"       ? DuplicateAction::kMove
         : name == "hardlink" ? DuplicateAction::kHardlink
         : name == "symlink"  ? DuplicateAction::kSymlink
         : name == "trash"    ? DuplicateAction::kTrash
                              : DuplicateAction::kReport;
}

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

// Takes the output off the paths: the last of several, unless it is something that cannot have come
// of a run (a file, a folder with other things in it); then all are inputs. "": there is none.
std::string take_output(std::vector<std::string>& paths) {
  if (paths.size() < 2 || !may_be_output(paths.back())) return {};
  std::string output = std::move(paths.back());
  paths.pop_back();
  return output;
}

// `embed` comes along where its vectors are compared.
Result<> choose_jobs(const DedupeRequest& request, RunSpec& run) {
  const auto embed = std::ranges::find(run.jobs, std::string("embed"), &JobRequest::name);
  const auto dedupe = std::ranges::find(run.jobs, std::string("dedupe"), &JobRequest::name);
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

// Without an output a folder is used that nobody keeps: no page is made there.
Result<std::optional<WorkFolder>> choose_output(DedupeSpec& spec) {
  if (!spec.run.output.empty()) return std::nullopt;
  IMAGEMILL_ASSIGN_OR_RETURN(WorkFolder made, WorkFolder::make());
  spec.run.output = made.path();
  std::ranges::find(spec.run.jobs, std::string("dedupe"), &JobRequest::name)
      ->options["page-groups"] = "0";
  return made;
}

// The records that a progress printer points at in the end are of an output.
Result<std::unique_ptr<Listener>> make_listener(const RunFlags& flags, bool has_output) {
  if (has_output) return make_run_listener(flags);
  return std::make_unique<FailurePrinter>();
}

Result<> refuse_contradictions(const DedupeRequest& request, const std::string& action,
                               bool has_output) {
  const bool is_report = action == "report";
  if (request.apply && is_report)
    return fail(Code::kInvalidArgument, "--apply: --action says what to do");
  if (!is_report && !has_output)
    return fail(Code::kInvalidArgument,
                "--action {}: needs an output folder, for what is moved and for the journal",
                action);
  if (request.flags.json_events && request.json)
    return fail(Code::kInvalidArgument,
                "--json, --json-events: both are for standard output, expected one of them");
  if (request.flags.json_events && !has_output)
    return fail(Code::kInvalidArgument,
                "--json-events: needs an output folder, whose run it tells of; --json prints what "
                "is found");
  return {};
}

Result<int> run_dedupe(DedupeRequest& request) {
  IMAGEMILL_ASSIGN_OR_RETURN(const OptionValues own, OptionValues::parse(kOwnOptions, request.own));
  RunSpec& run = request.run;
  run.output = take_output(request.paths);
  run.inputs = request.paths;
  request.flags.job = "dedupe";
  run.jobs = {{"embed", request.embed}, {"dedupe", request.dedupe}};
  IMAGEMILL_TRY(complete_run(request.flags, run));
  IMAGEMILL_TRY(choose_jobs(request, run));
  const bool has_output = !run.output.empty();
  DedupeSpec spec{.run = run,
                  .action = action_named(own.text("action")),
                  .apply = request.apply,
                  .trash_folder = trash_folder()};
  IMAGEMILL_TRY(refuse_contradictions(request, own.text("action"), has_output));
  IMAGEMILL_ASSIGN_OR_RETURN(const auto listener, make_listener(request.flags, has_output));
  IMAGEMILL_ASSIGN_OR_RETURN(const auto work, choose_output(spec));
  IMAGEMILL_ASSIGN_OR_RETURN(const DedupeOutcome outcome,
                             dedupe(spec, *listener, catch_interrupts()));
  if (outcome.run.outcome == RunFinished::Outcome::kFailed && !has_output)
    return fail(Code::kInternal, "{}", outcome.run.error);
  // A run that was stopped while it acted has something to tell, one that did not come so far none,
  // nor one that has looked at nothing.
  const auto dry_run = spec.run.options.find("dry-run");
  const bool has_looked = dry_run == spec.run.options.end() || dry_run->second == "false";
  const bool has_findings = has_looked && (outcome.run.outcome == RunFinished::Outcome::kComplete ||
                                           !outcome.steps.empty());
  // Among the listener's events may be nothing else.
  const bool prints_events = request.flags.json_events && has_output;
  if (has_findings && !prints_events) print(outcome, spec, has_output, request.json);
  return exit_code(outcome.run);
}

}  // namespace

void add_dedupe_command(CommandParser& parser) {
  const auto [command, request] = parser.add(
      "dedupe", "Groups of pictures that show the same; on demand the copies are put aside",
      run_dedupe);
  request.run.command = parser.words();
  add_words(command, "IN... [OUT]", 1,
            "inputs (folder, .zip, .tar[.gz|.zst], list, picture, '-'), then the output: a folder "
            "that is new, empty or of an earlier run",
            request.paths);
  add_options(command, kOwnOptions, "", "dedupe", request.own);
  add_switch(command, "--apply",
             "do it; without this flag an action is only told, and nothing is changed", "dedupe",
             request.apply);
  command.add_option("--model", request.model, "the network of --by embedding; see --embed.model")
      ->type_name("MODEL")
      ->group("dedupe");
  add_options(command, find_job("dedupe")->options, "", "dedupe", request.dedupe);
  add_json_flag(command, request.json);
  add_run_flags(command, request.flags, request.run);
  add_options(command, find_job("embed")->options, "embed.", "embed", request.embed);
}

}  // namespace imagemill::cli
