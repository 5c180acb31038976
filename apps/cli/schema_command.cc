// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill schema`: the options as JSON Schema.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "command_parser.h"
#include "commands.h"
#include "exit_code.h"
#include "imagemill/engine.h"
#include "imagemill/text.h"

namespace imagemill::cli {
namespace {

struct SchemaRequest {
  std::string job;  // "": the run's own options
};

Result<int> run_schema(SchemaRequest& request) {
  if (request.job.empty()) {
    std::cout << option_schema_json("run", run_options()) << '\n';
    return kExitDone;
  }
  const JobInfo* const job = find_job(request.job);
  if (job == nullptr) {
    std::vector<std::string_view> names;
    for (const JobInfo& known : list_jobs()) names.push_back(known.name);
    return fail(Code::kInvalidArgument, "no job named '{}', expected one of {}", request.job,
                fmt::join(names, ", "));
  }
  std::cout << option_schema_json(job->name, job->options) << '\n';
  return kExitDone;
}

}  // namespace

void add_schema_command(CommandParser& parser) {
  const auto [command, request] =
      parser.add("schema", "JSON Schema of a job's options, or of the run's", run_schema);
  command.add_option("job", request.job, "a job's name; without it the options of every run")
      ->option_text("[JOB]");
}

}  // namespace imagemill::cli
