// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "imagemill/places.h"
#include "imagemill/status.h"

namespace imagemill::cli {

// As the environment says it:
//   models       $IMAGEMILL_MODELS, else imagemill/models in the user's data folder; their mirror
//                $IMAGEMILL_MODELS_MIRROR
//   cache        $IMAGEMILL_CACHE, else imagemill in the user's cache folder
//   onnxruntime  $IMAGEMILL_ONNXRUNTIME; else beside the program, in the active Python environment
//                (virtualenv, conda, the python3 on PATH), in the user's packages
//   provider_libraries  $IMAGEMILL_PROVIDER_LIBRARIES, separated by colons
// What is kept nowhere ("off") is "".
UserPlaces user_places();

// The same with what a run's options say (--cache, --onnxruntime, --provider-library) in its place.
// kInvalidArgument where one of the first two is empty: somebody's variable was not set.
Result<UserPlaces> places_with(const std::map<std::string, std::string>& options);

// For commands without such options: with those of the user's settings, if these can be used.
UserPlaces places_with_settings();

}  // namespace imagemill::cli
