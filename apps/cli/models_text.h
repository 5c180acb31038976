// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What `imagemill models` shows.
#pragma once

#include <span>
#include <string>

#include "imagemill/models.h"

namespace imagemill::cli {

// A line for each model, under headings.
std::string models_table(std::span<const ModelDescription> models);

// All about one, for people.
std::string model_text(const ModelDescription& model);

// A line for each file, the damaged ones with what is wrong.
std::string verdicts_text(std::span<const ModelVerdict> verdicts);

}  // namespace imagemill::cli
