// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill models ...`: the models of the user.
#pragma once

#include <functional>
#include <string>

#include "imagemill/cancel.h"
#include "imagemill/models.h"
#include "imagemill/status.h"

namespace CLI {
class App;
}

namespace imagemill::cli {

struct ModelsRequest {
  enum class Action : uint8_t { kList, kInfo, kAdd, kPull, kVerify, kRemove };
  Action action = Action::kList;
  std::string name;        // kInfo, kPull, kRemove; kVerify: "" for all
  std::string sha256;      // kPull
  ModelAddition addition;  // kAdd
  bool json = false;       // kList, kInfo
};

// Describes the command's arguments, which land in `request`; `chosen` is called when it is the
// command. Both must outlive the parsing.
void add_models_command(CLI::App& app, ModelsRequest& request, std::function<void()> chosen);

// Store: $IMAGEMILL_MODELS, else imagemill/models in $XDG_DATA_HOME or ~/.local/share. Mirror:
// $IMAGEMILL_MODELS_MIRROR. Reads the environment. kInvalidArgument when nothing says where.
Result<ModelPlaces> model_places();

// Prints; returns the exit code.
Result<int> run_models(const ModelsRequest& request, const CancelToken& cancel);

}  // namespace imagemill::cli
