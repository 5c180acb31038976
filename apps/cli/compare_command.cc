// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "compare_command.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "compare_text.h"
#include "exit_code.h"
#include "option_flags.h"
#include "work_folder.h"

namespace imagemill::cli {

void add_compare_command(CLI::App& app, CompareRequest& request, std::function<void()> chosen) {
  CompareSpec& spec = request.spec;
  CLI::App* command = app.add_subcommand("compare", "Whether two files hold the same picture");
  command->add_option("a", spec.a, "a picture")->required()->option_text("A");
  command->add_option("b", spec.b, "another")->required()->option_text("B");
  command->add_option("--model", spec.setup.model,
                      "compare the features of this model too: its name, or the path of an .onnx "
                      "file");
  command->add_flag("--json", request.json, "for programs");
  command->add_flag("--no-config", request.no_config, "leave the user's settings file alone")
      ->group("Run");
  add_options(*command, embed_setup_options(), "", "Run", spec.setup.options);
  command->callback(std::move(chosen));
}

Result<int> run_compare(CompareRequest& request, Listener& listener, const CancelToken& cancel) {
  IMAGEMILL_ASSIGN_OR_RETURN(const WorkFolder folder, WorkFolder::make());
  request.spec.setup.work_folder = folder.path();
  IMAGEMILL_ASSIGN_OR_RETURN(const Comparison comparison, compare(request.spec, listener, cancel));
  std::cout << (request.json ? to_json(comparison) + '\n' : comparison_text(comparison));
  return kExitDone;
}

}  // namespace imagemill::cli
