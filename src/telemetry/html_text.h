// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace imagemill {

// Text as it may stand between tags and within quoted attributes: the five special characters as
// entities; control characters, direction overrides and broken UTF-8 as U+FFFD. Longer texts than
// `most_bytes` end in an ellipsis.
std::string html_escape(std::string_view text, size_t most_bytes = std::string_view::npos);

std::string base64(ByteSpan bytes);

}  // namespace imagemill
