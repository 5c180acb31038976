// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A run: sources + jobs + output + limits. The engine is an object; several may live in one
// process.
//
//   imagemill::RunSpec spec{.inputs = {"photos"}, .output = "out", .jobs = {{"prepare", {{"size",
//   "640"}}}}}; imagemill::Listener quiet; imagemill::CancelToken cancel; auto finished =
//   imagemill::Engine().run(spec, quiet, cancel);
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "imagemill/cancel.h"
#include "imagemill/events.h"
#include "imagemill/job.h"
#include "imagemill/places.h"
#include "imagemill/status.h"

namespace imagemill {

struct RunSpec {
  std::vector<std::string> inputs;
  std::string output;
  std::vector<JobRequest> jobs;
  std::map<std::string, std::string> options;  // names and values of run_options()
  std::string standard_input;                  // the list that input "-" stands for
  UserPlaces places;
  std::string codec_host;  // path of imagemill-codec; "": formats that need it are refused
  std::vector<std::string> command;  // as typed, for run.json
};

// Options of every run: threads, memory, what to do with damaged files ...
std::span<const OptionSpec> run_options();

class Engine {
 public:
  // Runs to the end, to cancellation (Outcome::kCancelled) or to what ends the run
  // (Outcome::kFailed, also told to the listener). The Result is an error only when the run could
  // not begin: kInvalidArgument for options that do not fit, kNotFound for an input that does not
  // exist, others for an output that cannot be used. An input that exists but is refused for what
  // it holds is a failed item.
  Result<RunFinished> run(const RunSpec& spec, Listener& listener, const CancelToken& cancel);
};

// Merges a recipe into a spec: what the spec already says stays. A recipe is YAML with the keys
// `jobs` (a list), one mapping of options per job, and the run's options. kInvalidArgument names
// the line and the nearest known key.
Result<> apply_recipe(const std::string& yaml, RunSpec& spec);

// The same with a user's settings, after the recipe: defaults for the options of every run. Keys as
// in a recipe, but for what is about a single run (`jobs`, `shard`, `restart`, `dry-run`).
Result<> apply_settings(const std::string& yaml, RunSpec& spec);

// JSON Schema (2020-12) of a recipe, for editors and programs that write some.
std::string recipe_schema_json();

// Writes run.json and report.html of a finished run anew from its store. Returns the report's path.
Result<std::string> write_report(const std::string& output);

}  // namespace imagemill
