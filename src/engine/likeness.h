// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imagemill/compare.h"

namespace imagemill {

// What the measures say, where neither bytes nor pixels are equal.
Likeness likeness_of(const Comparison& comparison);

// One line: "the same picture, mirrored and resized".
std::string verdict_of(const Comparison& comparison);

}  // namespace imagemill
