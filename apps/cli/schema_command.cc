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

constexpr std::string_view kRun = "run";
constexpr std::string_view kRecipe = "recipe";

struct SchemaRequest {
  std::string of;  // a job, or one of the names below; "": kRun
};

Result<int> run_schema(SchemaRequest& request) {
  if (request.of.empty() || request.of == kRun) {
    std::cout << option_schema_json(kRun, run_options()) << '\n';
    return kExitDone;
  }
  if (request.of == kRecipe) {
    std::cout << recipe_schema_json() << '\n';
    return kExitDone;
  }
  const JobInfo* const job = find_job(request.of);
  if (job == nullptr) {
    std::vector<std::string_view> names = {kRun, kRecipe};
    for (const JobInfo& known : list_jobs()) names.push_back(known.name);
    return fail(Code::kInvalidArgument, "no job named '{}', expected one of {}", request.of,
                fmt::join(names, ", "));
  }
  std::cout << option_schema_json(job->name, job->options) << '\n';
  return kExitDone;
}

}  // namespace

void add_schema_command(CommandParser& parser) {
  const auto [command, request] =
      parser.add("schema", "JSON Schema of a job's options, the run's, or a recipe", run_schema);
  command
      .add_option("of", request.of,
                  "a job's name, run (its own options; the default), or recipe: all of a run")
      ->option_text("[JOB|run|recipe]");
}

}  // namespace imagemill::cli
