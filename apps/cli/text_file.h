// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "imagemill/status.h"

namespace imagemill::cli {

// kNotFound, kInvalidArgument when it is no file.
Result<std::string> read_text_file(const std::string& path);

// Replaces what is there.
Result<> write_text_file(const std::string& path, std::string_view text);

}  // namespace imagemill::cli
