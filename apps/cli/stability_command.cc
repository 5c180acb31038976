// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill stability`: how much an output's features change when its pictures are changed.
#include <CLI/CLI.hpp>
#include <array>
#include <iostream>

#include "command_parser.h"
#include "commands.h"
#include "embed_setup_flags.h"
#include "exit_code.h"
#include "imagemill/stability.h"
#include "interrupts.h"
#include "notice_printer.h"
#include "option_flags.h"
#include "stability_text.h"

namespace imagemill::cli {
namespace {

constexpr std::array kOwnOptions = {
    OptionSpec{"sample", OptionKind::kInteger, "32",
               "pictures to try, evenly spaced among the sorted keys", "", 1, 1'000'000},
};

struct StabilityRequest {
  StabilitySpec spec;
  EmbedSetupFlags flags;
  std::map<std::string, std::string> options;  // names and values of kOwnOptions
};

Result<int> run_stability(StabilityRequest& request) {
  IMAGEMILL_ASSIGN_OR_RETURN(const OptionValues own,
                             OptionValues::parse(kOwnOptions, request.options));
  request.spec.sample = static_cast<size_t>(own.integer("sample"));
  IMAGEMILL_ASSIGN_OR_RETURN(const WorkFolder folder,
                             complete_setup(request.flags, request.spec.setup));
  WarningPrinter listener;
  IMAGEMILL_ASSIGN_OR_RETURN(const StabilityReport report,
                             measure_stability(request.spec, listener, catch_interrupts()));
  std::cout << (request.flags.json ? to_json(report) + '\n' : stability_text(report));
  return report.skipped.empty() ? kExitDone : kExitSomeFailed;
}

}  // namespace

void add_stability_command(CommandParser& parser) {
  const auto [command, request] = parser.add(
      "stability", "How much the features of an output change when its pictures do", run_stability);
  StabilitySpec& spec = request.spec;
  add_options(command, kOwnOptions, "", "Options", request.options);
  add_output_flags(command, spec.output, spec.setup, spec.inputs);
  add_setup_flags(command, request.flags, spec.setup);
}

}  // namespace imagemill::cli
