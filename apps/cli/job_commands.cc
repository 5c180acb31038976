// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill run`, and each job as a command of its own.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "command_parser.h"
#include "commands.h"
#include "exit_code.h"
#include "imagemill/engine.h"
#include "interrupts.h"
#include "option_flags.h"
#include "run_flags.h"

namespace imagemill::cli {
namespace {

using OptionsByJob = std::map<std::string, std::map<std::string, std::string>>;

struct JobsRequest {
  RunFlags flags;
  RunSpec spec;
  std::vector<std::string> paths;  // IN... OUT
  std::string jobs;                // names, separated by commas
  OptionsByJob options;
};

// Once a recipe has had its say, of which jobs there are, too.
Result<> apply_job_flags(const OptionsByJob& flags, std::vector<JobRequest>& jobs) {
  for (const auto& [name, options] : flags) {
    if (options.empty()) continue;
    const auto job = std::ranges::find(jobs, name, &JobRequest::name);
    if (job == jobs.end())
      return fail(Code::kInvalidArgument, "--{}.{}: {} is not among the jobs of this run", name,
                  options.begin()->first, name);
    for (const auto& [option, value] : options) job->options[option] = value;
  }
  return {};
}

// "prepare, thumbs" is what people write.
std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? ""
                                    : text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

Result<int> run_jobs(JobsRequest& request) {
  RunSpec& spec = request.spec;
  spec.output = request.paths.back();
  spec.inputs.assign(request.paths.begin(), request.paths.end() - 1);
  std::stringstream names(request.jobs);
  for (std::string name; std::getline(names, name, ',');) spec.jobs.push_back({trimmed(name), {}});
  IMAGEMILL_TRY(complete_run(request.flags, spec));
  IMAGEMILL_TRY(apply_job_flags(request.options, spec.jobs));
  IMAGEMILL_ASSIGN_OR_RETURN(const auto listener, make_run_listener(request.flags));
  IMAGEMILL_ASSIGN_OR_RETURN(const RunFinished finished,
                             Engine().run(spec, *listener, catch_interrupts()));
  return exit_code(finished);
}

AddedCommand<JobsRequest> add_run(CommandParser& parser, const std::string& name,
                                  const std::string& summary) {
  const auto added = parser.add(name, summary, run_jobs);
  const auto& [command, request] = added;
  request.spec.command = parser.words();
  add_words(command, "IN... OUT", 2,
            "inputs (folder, .zip, .tar[.gz|.zst], list, picture, '-'), then the output",
            request.paths);
  add_run_flags(command, request.flags, request.spec);
  return added;
}

}  // namespace

void add_job_commands(CommandParser& parser) {
  for (const JobInfo& job : list_jobs()) {
    const std::string name(job.name);
    if (name == "dedupe") continue;  // a command of its own
    const auto [command, request] = add_run(parser, name, std::string(job.summary));
    request.jobs = name;
    request.flags.job = name;
    add_options(command, job.options, "", name, request.options[name]);
  }
  const auto [command, request] =
      add_run(parser, "run", "Several jobs, one decode of each picture");
  std::vector<std::string_view> names;
  for (const JobInfo& job : list_jobs()) names.push_back(job.name);
  command
      .add_option("--jobs", request.jobs,
                  fmt::format("separated by commas: {}", fmt::join(names, ", ")))
      ->type_name("NAMES");
  for (const JobInfo& job : list_jobs()) {
    const std::string name(job.name);
    add_options(command, job.options, name + ".", name, request.options[name]);
  }
}

}  // namespace imagemill::cli
