// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill bench-model`: how fast a network is here.
#include <CLI/CLI.hpp>
#include <iostream>

#include "bench_model_text.h"
#include "command_parser.h"
#include "commands.h"
#include "exit_code.h"
#include "imagemill/bench_model.h"
#include "interrupts.h"
#include "option_flags.h"
#include "settings.h"
#include "user_places.h"

namespace imagemill::cli {
namespace {

struct BenchModelRequest {
  BenchModelSpec spec;
  bool json = false;
  bool no_config = false;
};

// All but the sizes to measure: a run's batch is one of them.
std::vector<OptionSpec> options_of_settings() {
  std::vector<OptionSpec> options;
  for (const OptionSpec& option : bench_model_options())
    if (option.name != "batch") options.push_back(option);
  return options;
}

Result<int> run_bench_model(BenchModelRequest& request) {
  BenchModelSpec& spec = request.spec;
  if (!request.no_config)
    IMAGEMILL_TRY(use_settings(settings_path(), options_of_settings(), spec.options));
  IMAGEMILL_ASSIGN_OR_RETURN(spec.places, places_with(spec.options));
  IMAGEMILL_ASSIGN_OR_RETURN(const BenchModelReport report, bench_model(spec, catch_interrupts()));
  std::cout << (request.json ? to_json(report) + '\n' : bench_model_text(report));
  return report.is_whole ? kExitDone : kExitCancelled;
}

}  // namespace

void add_bench_model_command(CommandParser& parser) {
  const auto [command, request] = parser.add(
      "bench-model", "How fast a network is here, in batches of several sizes, without pictures",
      run_bench_model);
  command.add_option("model", request.spec.model, "a model's name, or the path of an .onnx file")
      ->required()
      ->option_text("MODEL");
  add_json_flag(command, request.json);
  add_config_flag(command, request.no_config);
  add_options(command, bench_model_options(), "", "Run", request.spec.options);
}

}  // namespace imagemill::cli
