// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "imagemill/job.h"
#include "imagemill/places.h"

namespace imagemill {

// What the commands need that embed a few pictures on their way: search, compare, stability.
struct EmbedSetup {
  // The model's name or path; search, stability: "" for what the output's run was given.
  std::string model = {};
  std::map<std::string, std::string> options = {};  // names and values of embed_setup_options()
  UserPlaces places = {};
  std::string codec_host = {};   // path of imagemill-codec; "": formats that need it are refused
  std::string work_folder = {};  // empty or not there yet; the caller removes it afterwards
};

// Those of run_options() that say how it is done, not what comes out.
std::span<const OptionSpec> embed_setup_options();

}  // namespace imagemill
