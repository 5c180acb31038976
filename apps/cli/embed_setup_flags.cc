// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "embed_setup_flags.h"

#include <CLI/CLI.hpp>

#include "option_flags.h"
#include "program_folder.h"
#include "settings.h"
#include "user_places.h"

namespace imagemill::cli {

void add_setup_flags(CLI::App& command, EmbedSetupFlags& flags, EmbedSetup& setup) {
  add_json_flag(command, flags.json);
  add_config_flag(command, flags.no_config);
  add_options(command, embed_setup_options(), "", "Run", setup.options);
}

void add_output_flags(CLI::App& command, std::string& output, EmbedSetup& setup,
                      std::vector<std::string>& inputs) {
  command.add_option("output", output, "output of a run with the job embed")
      ->required()
      ->option_text("OUT");
  command
      .add_option("--model", setup.model,
                  "path of the output's model, where the file is elsewhere by now")
      ->type_name("FILE");
  add_repeated_option(command, "--input", "PATH",
                      "the output's inputs, in their order, where they are elsewhere by now",
                      inputs);
}

Result<WorkFolder> complete_setup(const EmbedSetupFlags& flags, EmbedSetup& setup) {
  setup.codec_host = codec_host_path();
  if (!flags.no_config)
    IMAGEMILL_TRY(use_settings(settings_path(), embed_setup_options(), setup.options));
  IMAGEMILL_ASSIGN_OR_RETURN(setup.places, places_with(setup.options));
  IMAGEMILL_ASSIGN_OR_RETURN(WorkFolder folder, WorkFolder::make());
  setup.work_folder = folder.path();
  return folder;
}

}  // namespace imagemill::cli
