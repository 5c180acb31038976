// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The user's settings file: defaults for the options of every run.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>

#include "imagemill/engine.h"

namespace imagemill::cli {

// $XDG_CONFIG_HOME/imagemill/config.yaml, else ~/.config/imagemill/config.yaml; "" without a home.
// Reads the environment.
std::string settings_path();

// nullopt when there is no such file.
Result<std::optional<std::string>> read_settings(const std::string& path);

// Puts the file's settings, if there is one, beneath what `spec` says. Errors name the file.
Result<> use_settings(const std::string& path, RunSpec& spec);

// The same for a command that has a few of a run's options: of the file's, those that are among
// `known` are put beneath `options`.
Result<> use_settings(const std::string& path, std::span<const OptionSpec> known,
                      std::map<std::string, std::string>& options);

// "FOLDER/imagemill/config.yaml, in use": for `imagemill doctor`.
std::string settings_state(const std::string& path);

}  // namespace imagemill::cli
