// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A condition over the rows of one item: what a job's `where` says. Read once, then asked for every
// item, on rows in memory.
//
//   quality.sharpness >= 40 and not (prepare.width < 512 or item.format = 'gif')
//
//   condition = both { "or" both }
//   both      = term { "and" term }
//   term      = "not" term | "(" condition ")" | value "is" [ "not" ] "null" | value compare value
//   compare   = "=" | "==" | "!=" | "<" | "<=" | ">" | ">="
//   value     = table "." column | number | 'text' | "text" | "true" | "false"
//
// A quote within a text is doubled; keywords may be in capitals. Numbers are compared with numbers,
// texts with texts (bytewise), true and false with whole numbers (1 and 0). What is not there (no
// row, NULL, NaN) makes a comparison neither true nor false, as in SQL: `not` leaves it so, and at
// the end only what is true counts.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/run_store.h"

namespace imagemill {

// Const methods may be called from any thread.
class RowCondition {
 public:
  static constexpr size_t kTextBytesMax = 4096;
  static constexpr int kNestingMax = 32;

  // Errors: kInvalidArgument, with the place, what stands there and what was expected.
  static Result<RowCondition> parse(std::string_view text);

  // Whose rows it is about, each once, in the order of the text.
  const std::vector<std::string>& tables() const { return tables_; }

  // Finds the columns and checks their types; `schemas` may hold more than tables(). Errors:
  // kInvalidArgument, naming the columns that there are.
  Result<> bind(std::span<const TableSchema> schemas);

  // After bind(). `rows` in the order of tables(); null: there is none.
  bool is_true(std::span<const Row* const> rows) const;

 private:
  friend class RowConditionParser;

  enum class Kind : uint8_t { kNumber, kBool, kText, kBlob };
  struct Operand {
    std::string name;  // as written, for messages
    Kind kind = Kind::kNumber;
    bool is_integer = false;
    int table = -1;  // index into tables_; -1: a literal
    std::string column_name;
    size_t column = 0;  // of the table, after bind()
    Value literal;
  };
  enum class Test : uint8_t { kEqual, kUnequal, kLess, kLessEqual, kGreater, kGreaterEqual };
  enum class Action : uint8_t { kCompare, kIsNull, kNot, kAnd, kOr };
  // In postfix order: evaluation needs no recursion, however long the text.
  struct Step {
    Action action = Action::kCompare;
    Test test = Test::kEqual;
    Operand left = {};
    Operand right = {};
  };

  static std::string_view kind_name(Kind kind);
  static Result<> check_kinds(const Step& step);
  static const Value& value_of(const Operand& operand, std::span<const Row* const> rows);
  static std::optional<bool> compare(const Step& step, std::span<const Row* const> rows);
  Result<> find_column(Operand& operand, std::span<const TableSchema> schemas) const;

  std::vector<std::string> tables_;
  std::vector<Step> steps_;
  bool is_bound_ = false;
};

}  // namespace imagemill
