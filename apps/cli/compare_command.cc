// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill compare`: whether two files hold the same picture.
#include <CLI/CLI.hpp>
#include <iostream>

#include "command_parser.h"
#include "commands.h"
#include "compare_text.h"
#include "embed_setup_flags.h"
#include "exit_code.h"
#include "imagemill/compare.h"
#include "interrupts.h"
#include "notice_printer.h"

namespace imagemill::cli {
namespace {

struct CompareRequest {
  CompareSpec spec;
  EmbedSetupFlags flags;
};

Result<int> run_compare(CompareRequest& request) {
  IMAGEMILL_ASSIGN_OR_RETURN(const WorkFolder folder,
                             complete_setup(request.flags, request.spec.setup));
  WarningPrinter listener;
  IMAGEMILL_ASSIGN_OR_RETURN(const Comparison comparison,
                             compare(request.spec, listener, catch_interrupts()));
  std::cout << (request.flags.json ? to_json(comparison) + '\n' : comparison_text(comparison));
  return kExitDone;
}

}  // namespace

void add_compare_command(CommandParser& parser) {
  const auto [command, request] =
      parser.add("compare", "Whether two files hold the same picture", run_compare);
  CompareSpec& spec = request.spec;
  command.add_option("a", spec.a, "a picture")->required()->option_text("A");
  command.add_option("b", spec.b, "another")->required()->option_text("B");
  command
      .add_option("--model", spec.setup.model,
                  "compare the features of this model too: its name, or the path of an .onnx "
                  "file")
      ->type_name("MODEL");
  add_setup_flags(command, request.flags, spec.setup);
}

}  // namespace imagemill::cli
