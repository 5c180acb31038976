// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill models ...`: the models of the user.
#pragma once

#include <functional>
#include <string>

#include "imagemill/cancel.h"
#include "imagemill/models.h"
#include "imagemill/places.h"
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

// Prints; returns the exit code. kInvalidArgument when nothing says where the models are.
Result<int> run_models(const ModelsRequest& request, const UserPlaces& user,
                       const CancelToken& cancel);

}  // namespace imagemill::cli
