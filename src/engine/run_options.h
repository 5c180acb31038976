// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "imagemill/engine.h"

namespace imagemill {

// Those of run_options() with these names, in the order of that list: of commands that run a part
// of what a run does.
std::vector<OptionSpec> run_options_named(std::span<const std::string_view> names);

}  // namespace imagemill
