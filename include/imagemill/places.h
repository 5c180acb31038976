// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace imagemill {

// Where the user of a program keeps what runs share. "" or empty: nowhere.
struct UserPlaces {
  std::string models = {};         // the store of models
  std::string models_mirror = {};  // folder or address that is asked for models first
  std::string cache = {};          // what can be made again
  // ONNX Runtime's library or its folder: then nothing else is tried. Some builds of it tell
  // their makers what they are used for, as soon as they are loaded, unless the environment has
  // ORT_DISABLE_TELEMETRY=1: a program that wants none of that sets it before its first run.
  std::string onnxruntime = {};
  std::vector<std::string> onnxruntime_folders = {};  // where else it may be
  // "NAME=PATH" of libraries that bring further providers; the option of that name replaces them.
  std::vector<std::string> provider_libraries = {};
};

}  // namespace imagemill
