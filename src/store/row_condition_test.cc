// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "store/row_condition.h"

#include <cmath>

#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<TableSchema> kSchemas = {{"quality",
                                            {{"sharpness", ColumnType::kReal},
                                             {"blank", ColumnType::kInteger},
                                             {"phash", ColumnType::kText},
                                             {"vector", ColumnType::kBlob}}},
                                           {"prepare",
                                            {{"width", ColumnType::kInteger},
                                             {"height", ColumnType::kInteger},
                                             {"path", ColumnType::kText}}}};

const Row kQuality{"quality", "", {41.5, int64_t{1}, std::string("00ff"), Bytes(3)}};
const Row kPrepare{"prepare", "", {int64_t{640}, int64_t{480}, std::string("it's/a.jpg")}};

Result<bool> holds(std::string_view text, const Row* quality = &kQuality,
                   const Row* prepare = &kPrepare) {
  IMAGEMILL_ASSIGN_OR_RETURN(RowCondition condition, RowCondition::parse(text));
  IMAGEMILL_TRY(condition.bind(kSchemas));
  std::vector<const Row*> rows;
  for (const std::string& table : condition.tables())
    rows.push_back(table == "quality" ? quality : prepare);
  return condition.is_true(rows);
}

std::string verdict(std::string_view text, const Row* quality = &kQuality,
                    const Row* prepare = &kPrepare) {
  const auto result = holds(text, quality, prepare);
  return !result ? result.error().to_string() : *result ? "true" : "false";
}

std::string refusal(std::string_view text) {
  const auto result = holds(text);
  if (result) return "no refusal";
  EXPECT_EQ(result.error().code(), Code::kInvalidArgument);
  return result.error().message();
}

TEST(RowCondition, compares) {
  const std::pair<std::string_view, bool> rows[] = {
      {"quality.sharpness >= 40", true},        {"quality.sharpness < 41.5", false},
      {"quality.sharpness <= 415e-1", true},    {"quality.sharpness > -1", true},
      {"40 < quality.sharpness", true},         {"prepare.width = 640", true},
      {"prepare.width == 640.0", true},         {"prepare.width != 640", false},
      {"prepare.width > prepare.height", true}, {"quality.phash = '00ff'", true},
      {"quality.phash < \"00fg\"", true},       {"prepare.path = 'it''s/a.jpg'", true},
      {"prepare.path = \"it's/a.jpg\"", true},  {"quality.blank = true", true},
      {"quality.blank != true", false},         {"quality.vector is null", false},
  };
  for (const auto& [text, expected] : rows)
    EXPECT_EQ(verdict(text), expected ? "true" : "false") << text;
}

TEST(RowCondition, and_binds_closer_than_or_and_not_closest) {
  EXPECT_EQ(verdict("1 = 1 or 1 = 1 and 1 = 2"), "true");
  EXPECT_EQ(verdict("(1 = 1 or 1 = 1) and 1 = 2"), "false");
  EXPECT_EQ(verdict("not 1 = 2 and 1 = 2"), "false");
  EXPECT_EQ(verdict("not (1 = 2 and 1 = 2)"), "true");
  EXPECT_EQ(verdict("NOT NOT 1 = 1 AND\n\t1 = 1"), "true");
}

TEST(RowCondition, what_is_not_there_is_neither_true_nor_false) {
  EXPECT_EQ(verdict("quality.sharpness > 1", nullptr), "false");
  EXPECT_EQ(verdict("not quality.sharpness > 1", nullptr), "false");
  EXPECT_EQ(verdict("quality.sharpness > 1 or prepare.width = 640", nullptr), "true");
  EXPECT_EQ(verdict("not (quality.sharpness > 1 and prepare.width = 1)", nullptr), "true");
  EXPECT_EQ(verdict("quality.sharpness is null and prepare.width is not null", nullptr), "true");
  const Row blind{"quality", "", {std::nan(""), std::monostate(), std::string(), std::monostate()}};
  EXPECT_EQ(verdict("quality.sharpness is null and quality.blank is null", &blind), "true");
  EXPECT_EQ(verdict("quality.sharpness != 3 or quality.blank != 3", &blind), "false");
  EXPECT_EQ(verdict("quality.phash is null or quality.phash != ''", &blind), "false")
      << "an empty text is there";
  const Row cut{"quality", "", {1.0}};
  EXPECT_EQ(verdict("quality.phash is null", &cut), "true");
}

TEST(RowCondition, tells_large_whole_numbers_apart) {
  const Row large{"prepare", "", {int64_t{9007199254740993}, int64_t{1}, std::string()}};
  EXPECT_EQ(verdict("prepare.width = 9007199254740993", &kQuality, &large), "true");
  EXPECT_EQ(verdict("prepare.width = 9007199254740992", &kQuality, &large), "false");
  EXPECT_EQ(verdict("prepare.width > 9007199254740992.0", &kQuality, &large), "true");
}

TEST(RowCondition, names_its_tables) {
  ASSERT_OK_AND_ASSIGN(const RowCondition condition,
                       RowCondition::parse("b.x = 1 and a.y = 2 or b.z is null"));
  EXPECT_THAT(condition.tables(), ElementsAre("b", "a"));
}

TEST(RowCondition, mistakes_are_said_with_their_place) {
  EXPECT_EQ(refusal(""),
            "at character 1: the end, expected a column as in 'quality.sharpness', a "
            "number or a text");
  EXPECT_THAT(refusal("quality.sharpness >> 4"), HasSubstr("at character 20: '>'"));
  EXPECT_THAT(refusal("quality.sharpness"), HasSubstr("expected =, !=, <, <=, >, >= or 'is null'"));
  EXPECT_THAT(refusal("sharpness > 4"), HasSubstr("'sharpness', expected a job and its column"));
  EXPECT_THAT(refusal("quality. > 4"), HasSubstr("a column after 'quality.'"));
  EXPECT_THAT(refusal("prepare.width = null"), HasSubstr("'is null' asks"));
  EXPECT_THAT(refusal("prepare.width is 3"), HasSubstr("expected 'null'"));
  EXPECT_THAT(refusal("(prepare.width = 3"), HasSubstr("expected ')'"));
  EXPECT_THAT(refusal("prepare.width = 3 prepare.height = 4"),
              HasSubstr("at character 19: 'prepare', expected 'and', 'or' or the end"));
  EXPECT_THAT(refusal("prepare.path = 'a"), HasSubstr("the quote it begins with"));
  EXPECT_THAT(refusal("prepare.width = 12px"), HasSubstr("'12p', expected a number"));
  EXPECT_THAT(refusal("prepare.width = 1e999"), HasSubstr("expected a number"));
  EXPECT_THAT(refusal("prepare.width = 3; drop"), HasSubstr("';'"));
  EXPECT_THAT(refusal("and = 3"), HasSubstr("'and'"));
}

TEST(RowCondition, columns_must_be_there_and_kinds_must_fit) {
  EXPECT_THAT(refusal("quality.sharp > 4"), AllOf(HasSubstr("'quality' has no column 'sharp'"),
                                                  HasSubstr("sharpness, blank, phash, vector")));
  EXPECT_THAT(refusal("gone.x > 4"), HasSubstr("no rows of 'gone'"));
  EXPECT_THAT(refusal("quality.phash > 4"),
              AllOf(HasSubstr("quality.phash is a text"), HasSubstr("4 is a number")));
  EXPECT_THAT(refusal("quality.sharpness = true"), HasSubstr("whole numbers"));
  EXPECT_THAT(refusal("quality.blank > false"), HasSubstr("know only = and !="));
  EXPECT_THAT(refusal("quality.vector = 'x'"), HasSubstr("'is null'"));
}

TEST(RowCondition, nesting_and_length_are_bounded) {
  const auto nested = [](int levels) {
    return std::string(static_cast<size_t>(levels), '(') + "1 = 1" +
           std::string(static_cast<size_t>(levels), ')');
  };
  EXPECT_EQ(verdict(nested(RowCondition::kNestingMax)), "true");
  EXPECT_THAT(refusal(nested(RowCondition::kNestingMax + 1)), HasSubstr("at most 32 levels"));
  std::string chain = "1 = 1";
  while (chain.size() + 10 < RowCondition::kTextBytesMax) chain += " and 1 = 1";
  EXPECT_EQ(verdict(chain), "true");
  EXPECT_THAT(refusal(std::string(RowCondition::kTextBytesMax + 1, ' ')), HasSubstr("4096"));
}

}  // namespace
}  // namespace imagemill
