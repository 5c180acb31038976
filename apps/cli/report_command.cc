// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill report`: the report of a run written anew.
#include <CLI/CLI.hpp>
#include <iostream>

#include "command_parser.h"
#include "commands.h"
#include "exit_code.h"
#include "imagemill/engine.h"

namespace imagemill::cli {
namespace {

struct ReportRequest {
  std::string output;
};

Result<int> run_report(ReportRequest& request) {
  IMAGEMILL_ASSIGN_OR_RETURN(const std::string path, write_report(request.output));
  std::cout << path << '\n';
  return kExitDone;
}

}  // namespace

void add_report_command(CommandParser& parser) {
  const auto [command, request] = parser.add(
      "report", "Write the report of a finished run anew and say where it is", run_report);
  command.add_option("output", request.output, "output of the run")->required()->option_text("OUT");
}

}  // namespace imagemill::cli
