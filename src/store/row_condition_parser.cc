// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "store/condition_tokens.h"
#include "store/row_condition.h"

namespace imagemill {
namespace {

using Token = ConditionToken;

bool is_keyword(const Token& token) {
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"and", "or", "not", "is", "null", "true", "false"},
      [&](std::string_view word) { return is_word(token, word); });
}

Value number_of(std::string_view text) {
  int64_t integer = 0;
  const char* const end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, integer);
      read.ec == std::errc() && read.ptr == end)
    return integer;
  double real = 0;
  std::from_chars(text.data(), end, real);
  return real;
}

}  // namespace

// Recursive descent; parentheses and `not` may nest kNestingMax deep.
class RowConditionParser {
 public:
  explicit RowConditionParser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<RowCondition> parse() {
    IMAGEMILL_TRY(parse_condition());
    if (here().kind != ConditionTokenKind::kEnd)
      return complain_at(here(), "'and', 'or' or the end");
    return std::move(out_);
  }

 private:
  using Action = RowCondition::Action;
  using Kind = RowCondition::Kind;
  using Operand = RowCondition::Operand;
  using Test = RowCondition::Test;

  const Token& here() const { return tokens_[next_]; }
  // The end stays where it is.
  Token take() {
    const Token token = here();
    if (token.kind != ConditionTokenKind::kEnd) ++next_;
    return token;
  }
  bool take_word(std::string_view word) {
    if (!is_word(here(), word)) return false;
    ++next_;
    return true;
  }
  bool take_symbol(std::string_view symbol) {
    if (here().kind != ConditionTokenKind::kSymbol || here().text != symbol) return false;
    ++next_;
    return true;
  }

  Result<> parse_condition() {
    IMAGEMILL_TRY(parse_both());
    while (take_word("or")) {
      IMAGEMILL_TRY(parse_both());
      out_.steps_.push_back({.action = Action::kOr});
    }
    return {};
  }

  Result<> parse_both() {
    IMAGEMILL_TRY(parse_term());
    while (take_word("and")) {
      IMAGEMILL_TRY(parse_term());
      out_.steps_.push_back({.action = Action::kAnd});
    }
    return {};
  }

  Result<> parse_term() {
    const Token first = here();
    const bool negates = take_word("not");
    if (!negates && !take_symbol("(")) return parse_comparison();
    if (++nesting_ > RowCondition::kNestingMax)
      return complain_at(first, fmt::format("at most {} levels", RowCondition::kNestingMax));
    if (negates) {
      IMAGEMILL_TRY(parse_term());
      out_.steps_.push_back({.action = Action::kNot});
    } else {
      IMAGEMILL_TRY(parse_condition());
      if (!take_symbol(")")) return complain_at(here(), "')'");
    }
    --nesting_;
    return {};
  }

  Result<> parse_comparison() {
    IMAGEMILL_ASSIGN_OR_RETURN(Operand left, parse_value());
    if (take_word("is")) {
      const bool negates = take_word("not");
      if (!take_word("null")) return complain_at(here(), "'null'");
      out_.steps_.push_back({.action = Action::kIsNull, .left = std::move(left)});
      if (negates) out_.steps_.push_back({.action = Action::kNot});
      return {};
    }
    IMAGEMILL_ASSIGN_OR_RETURN(const Test test, parse_test());
    if (is_word(here(), "null"))
      return complain_at(here(), "a value; 'is null' asks whether there is none");
    IMAGEMILL_ASSIGN_OR_RETURN(Operand right, parse_value());
    out_.steps_.push_back({.action = Action::kCompare,
                           .test = test,
                           .left = std::move(left),
                           .right = std::move(right)});
    return {};
  }

  Result<Test> parse_test() {
    constexpr std::pair<std::string_view, Test> kTests[] = {
        {"=", Test::kEqual},        {"==", Test::kEqual},     {"!=", Test::kUnequal},
        {"<", Test::kLess},         {"<=", Test::kLessEqual}, {">", Test::kGreater},
        {">=", Test::kGreaterEqual}};
    for (const auto& [symbol, test] : kTests)
      if (take_symbol(symbol)) return test;
    return complain_at(here(), "=, !=, <, <=, >, >= or 'is null'");
  }

  Result<Operand> parse_value() {
    const Token token = take();
    Operand out{.name = std::string(token.text)};
    switch (token.kind) {
      case ConditionTokenKind::kNumber:
        out.literal = number_of(token.text);
        out.is_integer = std::holds_alternative<int64_t>(out.literal);
        return out;
      case ConditionTokenKind::kText:
        out.kind = Kind::kText;
        out.literal = unquoted(token.text);
        return out;
      case ConditionTokenKind::kName:
        if (is_word(token, "true") || is_word(token, "false")) {
          out.kind = Kind::kBool;
          out.literal = int64_t{is_word(token, "true")};
          return out;
        }
        if (!is_keyword(token)) return parse_column(token);
        break;
      case ConditionTokenKind::kEnd:
      case ConditionTokenKind::kSymbol:
        break;
    }
    return complain_at(token, "a column as in 'quality.sharpness', a number or a text");
  }

  Result<Operand> parse_column(const Token& table) {
    if (!take_symbol("."))
      return complain_at(table, fmt::format("a job and its column, as in '{}.width'", table.text));
    const Token column = take();
    if (column.kind != ConditionTokenKind::kName)
      return complain_at(column, fmt::format("a column after '{}.'", table.text));
    auto found = std::ranges::find(out_.tables_, table.text);
    if (found == out_.tables_.end()) found = out_.tables_.emplace(found, table.text);
    return Operand{.name = fmt::format("{}.{}", table.text, column.text),
                   .table = static_cast<int>(found - out_.tables_.begin()),
                   .column_name = std::string(column.text)};
  }

  const std::vector<Token> tokens_;
  size_t next_ = 0;
  int nesting_ = 0;
  RowCondition out_;
};

Result<RowCondition> RowCondition::parse(std::string_view text) {
  if (text.size() > kTextBytesMax)
    return fail(Code::kInvalidArgument, "{} bytes, a condition may have {}", text.size(),
                kTextBytesMax);
  IMAGEMILL_ASSIGN_OR_RETURN(std::vector<Token> tokens, split_condition(text));
  return RowConditionParser(std::move(tokens)).parse();
}

}  // namespace imagemill
