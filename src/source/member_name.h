// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "imagemill/status.h"

namespace imagemill {

// What archives call their members. Without "." and empty segments; kCorruptInput when the name
// could lead outside a folder on any system: absolute, a drive letter, a backslash, "..", NUL.
Result<std::string> safe_member_name(std::string_view name);

// ".x" anywhere on the way, and what macOS adds to ZIPs.
bool is_hidden_member(std::string_view name);

}  // namespace imagemill
