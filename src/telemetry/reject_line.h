// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "imagemill/status.h"

namespace imagemill {

// One line of rejects.jsonl, newline included:
//   {"key":"in/a.jpg","stage":"decode","code":"corrupt_input","message":"JPEG: ..."}
// Bytes that are not UTF-8 become U+FFFD.
std::string reject_line(std::string_view key, std::string_view stage, Code code,
                        std::string_view message);

}  // namespace imagemill
