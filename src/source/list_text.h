// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "imagemill/status.h"

namespace imagemill {

enum class ListFormat : uint8_t { kText, kCsv, kJsonLines };

// The paths that a list names, as written, in its order.
struct ListText {
  struct Problem {
    uint64_t line = 0;  // from 1
    Status status;
  };
  std::vector<std::string> paths;
  std::vector<Problem> problems;  // lines that name nothing
};

// kInvalidArgument when a CSV header has no column that names paths, kUnsupported for UTF-16. A
// UTF-8 byte order mark and CRLF are accepted.
Result<ListText> parse_list(std::string_view text, ListFormat format);

// Of a list that has no suffix, by its first line: an object is JSON lines, a row with a column
// that names paths is CSV, anything else is text.
ListFormat guess_list_format(std::string_view text);

}  // namespace imagemill
