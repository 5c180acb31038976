// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Reading the small text files of /proc and /sys. What cannot be read or is no number is simply not
// known: measures must not end a run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"

namespace imagemill {

std::string read_text(FileSystem& fs, const std::string& path);  // "" when it cannot be read
std::vector<std::string_view> split(std::string_view text, char separator);
// The digits after leading blanks; nullopt when there are none or they overflow.
std::optional<uint64_t> first_number(std::string_view text);

}  // namespace imagemill
