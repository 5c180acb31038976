// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill cache ...`: what runs keep for later ones.
#pragma once

#include <functional>
#include <string>

#include "imagemill/status.h"

namespace CLI {
class App;
}

namespace imagemill::cli {

struct CacheRequest {
  enum class Action : uint8_t { kStats, kClear };
  Action action = Action::kStats;
  std::string folder;  // "": the user's
};

// Describes the command's arguments, which land in `request`; `chosen` is called when it is the
// command. Both must outlive the parsing.
void add_cache_command(CLI::App& app, CacheRequest& request, std::function<void()> chosen);

// Prints; returns the exit code. `user_folder`: "" when the environment does not say where.
Result<int> run_cache(const CacheRequest& request, const std::string& user_folder);

}  // namespace imagemill::cli
