// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "imagemill/stability.h"

namespace imagemill::cli {

// What `imagemill stability` shows: a line a variant.
std::string stability_text(const StabilityReport& report);

}  // namespace imagemill::cli
