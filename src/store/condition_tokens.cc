// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "store/condition_tokens.h"

#include <algorithm>
#include <charconv>

namespace imagemill {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }

std::unexpected<Status> complain(size_t at, std::string_view seen, std::string_view expected) {
  return complain_at({.text = seen, .at = at}, expected);
}

size_t length_of_name(std::string_view rest) {
  return static_cast<size_t>(std::ranges::find_if_not(rest, is_name_part) - rest.begin());
}

// Digits, a fraction, an exponent; what follows must not be part of a word.
Result<size_t> length_of_number(std::string_view rest, size_t at) {
  double ignored = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), ignored);
  const auto length = static_cast<size_t>(end - rest.data());
  const bool runs_on = length < rest.size() && (is_name_part(rest[length]) || rest[length] == '.');
  if (error != std::errc() || runs_on)
    return complain(at, rest.substr(0, std::min<size_t>(rest.size(), length + 1)), "a number");
  return length;
}

Result<size_t> length_of_text(std::string_view rest, size_t at) {
  for (size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] != rest[0]) continue;
    if (i + 1 == rest.size() || rest[i + 1] != rest[0]) return i + 1;
    ++i;
  }
  return complain(at, rest.substr(0, 1), "a text that ends in the quote it begins with");
}

size_t length_of_symbol(std::string_view rest) {
  for (const std::string_view symbol : {"==", "!=", "<=", ">=", "=", "<", ">", "(", ")", "."})
    if (rest.starts_with(symbol)) return symbol.size();
  return 0;
}

}  // namespace

Result<std::vector<ConditionToken>> split_condition(std::string_view text) {
  std::vector<ConditionToken> tokens;
  size_t at = 0;
  while (true) {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n')) ++at;
    const std::string_view rest = text.substr(at);
    if (rest.empty()) break;
    ConditionToken token{.kind = ConditionTokenKind::kSymbol, .text = {}, .at = at};
    size_t length = 0;
    if (is_name_start(rest[0])) {
      token.kind = ConditionTokenKind::kName;
      length = length_of_name(rest);
    } else if (is_digit(rest[0]) || (rest[0] == '-' && rest.size() > 1 && is_digit(rest[1]))) {
      token.kind = ConditionTokenKind::kNumber;
      IMAGEMILL_ASSIGN_OR_RETURN(length, length_of_number(rest, at));
    } else if (rest[0] == '\'' || rest[0] == '"') {
      token.kind = ConditionTokenKind::kText;
      IMAGEMILL_ASSIGN_OR_RETURN(length, length_of_text(rest, at));
    } else {
      length = length_of_symbol(rest);
      if (length == 0) return complain(at, rest.substr(0, 1), "a name, a value or a comparison");
    }
    token.text = rest.substr(0, length);
    tokens.push_back(token);
    at += length;
  }
  tokens.push_back({.kind = ConditionTokenKind::kEnd, .text = {}, .at = text.size()});
  return tokens;
}

bool is_word(const ConditionToken& token, std::string_view word) {
  return token.kind == ConditionTokenKind::kName &&
         std::ranges::equal(token.text, word, {}, [](char c) {
           return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
         });
}

std::unexpected<Status> complain_at(const ConditionToken& token, std::string_view expected) {
  return fail(Code::kInvalidArgument, "at character {}: {}, expected {}", token.at + 1,
              token.text.empty() ? "the end" : fmt::format("'{}'", token.text), expected);
}

std::string unquoted(std::string_view quoted) {
  std::string out;
  for (size_t i = 1; i + 1 < quoted.size(); ++i) {
    out += quoted[i];
    if (quoted[i] == quoted[0]) ++i;
  }
  return out;
}

}  // namespace imagemill
