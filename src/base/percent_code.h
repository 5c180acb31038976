// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace imagemill {

// As the path of a URL has it: every byte but letters, digits, "-._~" and '/' as %XX.
std::string percent_encoded(std::string_view path);

// The bytes again; what is no %XX stands for itself.
std::string percent_decoded(std::string_view text);

}  // namespace imagemill
