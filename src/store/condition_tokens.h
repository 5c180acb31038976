// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The words of a condition: names, numbers, quoted texts, symbols.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "imagemill/status.h"

namespace imagemill {

enum class ConditionTokenKind : uint8_t { kEnd, kName, kNumber, kText, kSymbol };

struct ConditionToken {
  ConditionTokenKind kind = ConditionTokenKind::kEnd;
  std::string_view text;  // as written
  size_t at = 0;          // bytes before it
};

// The last token is the end. Errors: kInvalidArgument, with the place. `text` must outlive them.
Result<std::vector<ConditionToken>> split_condition(std::string_view text);

// Whether the token is this keyword (given in lower case), in whatever case.
bool is_word(const ConditionToken& token, std::string_view word);

// "at character 4: 'x', expected a number".
std::unexpected<Status> complain_at(const ConditionToken& token, std::string_view expected);

// The text without its quotes.
std::string unquoted(std::string_view quoted);

}  // namespace imagemill
