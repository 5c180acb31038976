// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "store/row_condition.h"

#include <algorithm>
#include <cmath>
#include <compare>

#include "base/check.h"

namespace imagemill {
namespace {

bool is_missing(const Value& value) {
  const auto* real = std::get_if<double>(&value);
  return std::holds_alternative<std::monostate>(value) || (real != nullptr && std::isnan(*real));
}

// Whole numbers beyond 2^53 are told apart from their neighbours, also beside a real.
std::strong_ordering order(int64_t a, int64_t b) { return a <=> b; }
std::strong_ordering order(long double a, long double b) {
  return a < b   ? std::strong_ordering::less
         : a > b ? std::strong_ordering::greater
                 : std::strong_ordering::equal;
}

std::optional<std::strong_ordering> order_of(const Value& a, const Value& b) {
  if (is_missing(a) || is_missing(b)) return std::nullopt;
  const auto *text_a = std::get_if<std::string>(&a), *text_b = std::get_if<std::string>(&b);
  if (text_a != nullptr && text_b != nullptr) return *text_a <=> *text_b;
  const auto *int_a = std::get_if<int64_t>(&a), *int_b = std::get_if<int64_t>(&b);
  if (int_a != nullptr && int_b != nullptr) return order(*int_a, *int_b);
  const auto *real_a = std::get_if<double>(&a), *real_b = std::get_if<double>(&b);
  if ((int_a == nullptr && real_a == nullptr) || (int_b == nullptr && real_b == nullptr))
    return std::nullopt;  // a row that does not keep to its schema
  const auto number = [](const int64_t* integer, const double* real) {
    return integer != nullptr ? static_cast<long double>(*integer)
                              : static_cast<long double>(*real);
  };
  return order(number(int_a, real_a), number(int_b, real_b));
}

// `decisive` decides alone: false for and, true for or.
std::optional<bool> join(std::optional<bool> a, std::optional<bool> b, bool decisive) {
  if (a == decisive || b == decisive) return decisive;
  return a && b ? std::optional(!decisive) : std::nullopt;
}

}  // namespace

std::string_view RowCondition::kind_name(Kind kind) {
  constexpr std::string_view kNames[] = {"a number", "true or false", "a text", "bytes"};
  return kNames[static_cast<size_t>(kind)];
}

Result<> RowCondition::find_column(Operand& operand, std::span<const TableSchema> schemas) const {
  if (operand.table < 0) return {};
  const std::string& table = tables_[static_cast<size_t>(operand.table)];
  const auto schema = std::ranges::find(schemas, table, &TableSchema::name);
  if (schema == schemas.end())
    return fail(Code::kInvalidArgument, "{}: there are no rows of '{}'", operand.name, table);
  const auto column = std::ranges::find(schema->columns, operand.column_name, &Column::name);
  if (column == schema->columns.end()) {
    std::vector<std::string_view> names;
    for (const Column& c : schema->columns) names.push_back(c.name);
    return fail(Code::kInvalidArgument, "{}: '{}' has no column '{}'; it has {}", operand.name,
                table, operand.column_name, fmt::join(names, ", "));
  }
  operand.column = static_cast<size_t>(column - schema->columns.begin());
  operand.is_integer = column->type == ColumnType::kInteger;
  operand.kind = column->type == ColumnType::kText   ? Kind::kText
                 : column->type == ColumnType::kBlob ? Kind::kBlob
                                                     : Kind::kNumber;
  return {};
}

Result<> RowCondition::check_kinds(const Step& step) {
  const auto mismatch = [&](std::string_view expected) {
    return fail(Code::kInvalidArgument, "{} is {}, {} is {}; {}", step.left.name,
                kind_name(step.left.kind), step.right.name, kind_name(step.right.kind), expected);
  };
  const Kind a = step.left.kind, b = step.right.kind;
  if (a == Kind::kBlob || b == Kind::kBlob) return mismatch("bytes know only 'is null'");
  if (a == Kind::kBool || b == Kind::kBool) {
    const Operand& other = a == Kind::kBool ? step.right : step.left;
    if (other.kind != Kind::kBool && !(other.kind == Kind::kNumber && other.is_integer))
      return mismatch("true and false stand beside columns of whole numbers");
    if (step.test != Test::kEqual && step.test != Test::kUnequal)
      return mismatch("true and false know only = and !=");
    return {};
  }
  if (a != b) return mismatch("both sides must be numbers, or both texts");
  return {};
}

Result<> RowCondition::bind(std::span<const TableSchema> schemas) {
  for (Step& step : steps_) {
    if (step.action != Action::kCompare && step.action != Action::kIsNull) continue;
    IMAGEMILL_TRY(find_column(step.left, schemas));
    if (step.action == Action::kIsNull) continue;
    IMAGEMILL_TRY(find_column(step.right, schemas));
    IMAGEMILL_TRY(check_kinds(step));
  }
  is_bound_ = true;
  return {};
}

const Value& RowCondition::value_of(const Operand& operand, std::span<const Row* const> rows) {
  static const Value kNothing;
  if (operand.table < 0) return operand.literal;
  const Row* row = rows[static_cast<size_t>(operand.table)];
  return row != nullptr && operand.column < row->values.size() ? row->values[operand.column]
                                                               : kNothing;
}

std::optional<bool> RowCondition::compare(const Step& step, std::span<const Row* const> rows) {
  const auto order = order_of(value_of(step.left, rows), value_of(step.right, rows));
  if (!order) return std::nullopt;
  switch (step.test) {
    case Test::kEqual:
      return *order == 0;
    case Test::kUnequal:
      return *order != 0;
    case Test::kLess:
      return *order < 0;
    case Test::kLessEqual:
      return *order <= 0;
    case Test::kGreater:
      return *order > 0;
    case Test::kGreaterEqual:
      return *order >= 0;
  }
  return std::nullopt;
}

bool RowCondition::is_true(std::span<const Row* const> rows) const {
  IMAGEMILL_CHECK(is_bound_ && rows.size() == tables_.size());
  std::vector<std::optional<bool>> verdicts;  // nullopt: not known
  for (const Step& step : steps_) {
    if (step.action == Action::kCompare) {
      verdicts.push_back(compare(step, rows));
    } else if (step.action == Action::kIsNull) {
      verdicts.push_back(is_missing(value_of(step.left, rows)));
    } else if (step.action == Action::kNot) {
      if (verdicts.back()) verdicts.back() = !*verdicts.back();
    } else {
      const std::optional<bool> last = verdicts.back();
      verdicts.pop_back();
      verdicts.back() = join(verdicts.back(), last, step.action == Action::kOr);
    }
  }
  return verdicts.back() == true;
}

}  // namespace imagemill
