// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "stability_command.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "exit_code.h"
#include "option_flags.h"
#include "stability_text.h"
#include "work_folder.h"

namespace imagemill::cli {

void add_stability_command(CLI::App& app, StabilityRequest& request, std::function<void()> chosen) {
  StabilitySpec& spec = request.spec;
  CLI::App* command = app.add_subcommand(
      "stability", "How much the features of an output change when its pictures do");
  command->add_option("output", spec.output, "output of a run with the job embed")
      ->required()
      ->option_text("OUT");
  add_count(*command, "--sample", spec.sample,
            "pictures to try, evenly spaced among the sorted keys [32]");
  command->add_option("--model", spec.setup.model,
                      "path of the output's model, where the file is elsewhere by now");
  command
      ->add_option("--input", spec.inputs,
                   "the output's inputs, in their order, where they are elsewhere by now")
      ->allow_extra_args(false);
  command->add_flag("--json", request.json, "for programs");
  command->add_flag("--no-config", request.no_config, "leave the user's settings file alone")
      ->group("Run");
  add_options(*command, embed_setup_options(), "", "Run", spec.setup.options);
  command->callback(std::move(chosen));
}

Result<int> run_stability(StabilityRequest& request, Listener& listener,
                          const CancelToken& cancel) {
  IMAGEMILL_ASSIGN_OR_RETURN(const WorkFolder folder, WorkFolder::make());
  request.spec.setup.work_folder = folder.path();
  IMAGEMILL_ASSIGN_OR_RETURN(const StabilityReport report,
                             measure_stability(request.spec, listener, cancel));
  std::cout << (request.json ? to_json(report) + '\n' : stability_text(report));
  return report.skipped.empty() ? kExitDone : kExitSomeFailed;
}

}  // namespace imagemill::cli
