// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "imagemill/compare.h"

namespace imagemill::cli {

// What `imagemill compare` shows: the verdict, both pictures side by side, the measures.
std::string comparison_text(const Comparison& comparison);

}  // namespace imagemill::cli
