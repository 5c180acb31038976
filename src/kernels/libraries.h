// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace imagemill {

// "zimg 3.0", "Little CMS 2.14", "Highway for AVX2": what the kernels run on.
std::vector<std::string> kernel_libraries();

}  // namespace imagemill
