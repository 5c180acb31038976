// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "bench_model_command.h"

#include <iostream>

#include "bench_model_text.h"
#include "exit_code.h"
#include "settings.h"

namespace imagemill::cli {

Result<> use_settings(const std::string& path, BenchModelSpec& spec) {
  RunSpec settings;
  IMAGEMILL_TRY(use_settings(path, settings));
  // A run's batch is one size, here it is a list of them.
  settings.options.erase("batch");
  for (const OptionSpec& option : bench_model_options())
    if (const auto value = settings.options.find(std::string(option.name));
        value != settings.options.end())
      spec.options.insert(*value);  // what the command line says stays
  return {};
}

Result<int> run_bench_model(const BenchModelSpec& spec, bool json, const CancelToken& cancel) {
  IMAGEMILL_ASSIGN_OR_RETURN(const BenchModelReport report, bench_model(spec, cancel));
  std::cout << (json ? to_json(report) + '\n' : bench_model_text(report));
  return report.is_whole ? kExitDone : kExitCancelled;
}

}  // namespace imagemill::cli
