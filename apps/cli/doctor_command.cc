// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill doctor`: what this build and this machine can do.
#include <iostream>

#include "command_parser.h"
#include "commands.h"
#include "doctor_text.h"
#include "exit_code.h"
#include "imagemill/doctor.h"
#include "program_folder.h"
#include "settings.h"
#include "user_places.h"

namespace imagemill::cli {
namespace {

struct DoctorRequest {};

Result<int> run_doctor(DoctorRequest&) {
  std::cout << doctor_text(diagnose(codec_host_path(), places_with_settings()), codec_host_path(),
                           settings_state(settings_path()));
  return kExitDone;
}

}  // namespace

void add_doctor_command(CommandParser& parser) {
  parser.add("doctor", "What this build and this machine can do", run_doctor);
}

}  // namespace imagemill::cli
