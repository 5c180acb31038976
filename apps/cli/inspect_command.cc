// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill inspect`: what a heap of pictures is.
#include <CLI/CLI.hpp>
#include <iostream>

#include "collection_text.h"
#include "command_parser.h"
#include "commands.h"
#include "exit_code.h"
#include "imagemill/inspect.h"
#include "interrupts.h"
#include "option_flags.h"
#include "program_folder.h"
#include "run_flags.h"
#include "settings.h"
#include "work_folder.h"

namespace imagemill::cli {
namespace {

struct InspectRequest {
  InspectSpec spec;
  bool json = false;
  bool no_config = false;
};

Result<int> run_inspect(InspectRequest& request) {
  InspectSpec& spec = request.spec;
  if (!request.no_config)
    IMAGEMILL_TRY(use_settings(settings_path(), inspect_options(), spec.options));
  IMAGEMILL_ASSIGN_OR_RETURN(spec.standard_input, read_standard_input(spec.inputs));
  spec.codec_host = codec_host_path();
  IMAGEMILL_ASSIGN_OR_RETURN(const WorkFolder folder, WorkFolder::make());
  spec.work_folder = folder.path();
  Listener quiet;
  IMAGEMILL_ASSIGN_OR_RETURN(const CollectionReport report,
                             inspect(spec, quiet, catch_interrupts()));
  std::cout << (request.json ? to_json(report) + '\n' : collection_text(report));
  if (!report.is_whole) return kExitCancelled;
  return report.broken.empty() ? kExitDone : kExitSomeFailed;
}

}  // namespace

void add_inspect_command(CommandParser& parser) {
  const auto [command, request] = parser.add(
      "inspect", "What a heap of pictures is: formats, sizes, what is broken, blurred or double",
      run_inspect);
  add_words(command, "IN...", 1, "inputs (folder, .zip, .tar[.gz|.zst], list, picture, '-')",
            request.spec.inputs);
  add_json_flag(command, request.json);
  add_config_flag(command, request.no_config);
  add_options(command, inspect_options(), "", "Run", request.spec.options);
}

}  // namespace imagemill::cli
