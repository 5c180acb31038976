// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imagemill/places.h"

namespace imagemill::cli {

// As the environment says it:
//   models       $IMAGEMILL_MODELS, else imagemill/models in the user's data folder; their mirror
//                $IMAGEMILL_MODELS_MIRROR
//   cache        $IMAGEMILL_CACHE, else imagemill in the user's cache folder
//   onnxruntime  $IMAGEMILL_ONNXRUNTIME; else beside the program, in the active Python environment
//                (virtualenv, conda, the python3 on PATH), in the user's packages
//   provider_libraries  $IMAGEMILL_PROVIDER_LIBRARIES, separated by colons
UserPlaces user_places();

}  // namespace imagemill::cli
