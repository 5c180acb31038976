// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "option_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "command_parser.h"
#include "support/status_matchers.h"

namespace imagemill::cli {
namespace {

using testing::ContainsRegex;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::Pair;
using testing::StartsWith;

constexpr std::array kOptions = {
    OptionSpec{"size", OptionKind::kSize, "", "a size"},
    OptionSpec{"k", OptionKind::kInteger, "10", "how many", "", 1, 99},
    OptionSpec{"include", OptionKind::kTexts, "", "patterns"},
    OptionSpec{"sheet", OptionKind::kFlag, "true", "sheets"},
    OptionSpec{"metric", OptionKind::kChoice, "l2", "metrics", "cosine|l2"},
};

struct Request {
  std::vector<std::string> words;
  std::vector<std::string> keys;
  bool json = true;
  std::map<std::string, std::string> options;
};

class OptionFlagsTest : public testing::Test {
 protected:
  // What lands in the request of a command with `words` after its name.
  static Result<Request> read(std::vector<std::string> words, const std::string& prefix = "") {
    words.insert(words.begin(), {"imagemill", "look"});
    CommandParser parser(std::move(words));
    const Request& request = add_all(parser, prefix);
    if (const auto parsed = parser.parse(); !parsed) return std::unexpected(parsed.error());
    return request;
  }

  // What is made of the flag `sheet`; "none": nothing.
  static std::string sheet_of(std::vector<std::string> words, const std::string& prefix = "") {
    words.insert(words.begin(), "in");
    const auto request = read(std::move(words), prefix);
    if (!request) return request.error().message();
    const auto sheet = request->options.find("sheet");
    return sheet == request->options.end() ? "none" : sheet->second;
  }

  static std::string help_of(const std::string& prefix) {
    CommandParser parser({"imagemill", "look", "--help"});
    add_all(parser, prefix);
    testing::internal::CaptureStdout();
    const auto help = parser.parse();
    EXPECT_TRUE(help && (*help)());
    return testing::internal::GetCapturedStdout();
  }

 private:
  static Request& add_all(CommandParser& parser, const std::string& prefix) {
    const auto [command, request] =
        parser.add<Request>("look", "Looks", [](Request&) -> Result<int> { return 0; });
    add_words(command, "IN...", 1, "inputs", request.words);
    add_repeated_option(command, "--key", "KEY", "keys", request.keys);
    add_switch(command, "--json", "JSON", "Options", request.json);
    add_options(command, kOptions, prefix, "Options", request.options);
    return request;
  }
};

TEST_F(OptionFlagsTest, words_land_as_they_were_typed) {
  const std::vector<std::string> odd = {"[album]", "[a, b]", "[]",    "a,b",  "a b", "{}",
                                        "%%",      "",       "[a",    "b]",   "-",   "x=1",
                                        "[[x]]",   "[a],b",  "'quo'", "\"q\""};
  const auto request = read(odd);
  ASSERT_THAT(request, IsOk());
  EXPECT_THAT(request->words, ElementsAreArray(odd));
}

TEST_F(OptionFlagsTest, words_may_stand_between_options) {
  const auto request = read({"[a]", "--size", "64", "[b]", "--include", "[ab].jpg", "c"});
  ASSERT_THAT(request, IsOk());
  EXPECT_THAT(request->words, ElementsAre("[a]", "[b]", "c"));
  EXPECT_THAT(request->options, ElementsAre(Pair("include", "[ab].jpg"), Pair("size", "64")));
}

TEST_F(OptionFlagsTest, words_after_two_dashes_are_no_options) {
  const auto request = read({"--", "--size", "-k"});
  ASSERT_THAT(request, IsOk());
  EXPECT_THAT(request->words, ElementsAre("--size", "-k"));
  EXPECT_THAT(request->options, IsEmpty());
}

TEST_F(OptionFlagsTest, repeated_options_take_one_value_each_time) {
  const auto request = read({"--key", "[a,b]", "--key", "%%", "--key", "{}", "--include", "[1]",
                             "--include", "*.jpg", "in"});
  ASSERT_THAT(request, IsOk());
  EXPECT_THAT(request->keys, ElementsAre("[a,b]", "%%", "{}"));
  EXPECT_EQ(request->options.at("include"), "[1]\n*.jpg");
  EXPECT_THAT(request->words, ElementsAre("in"));
}

TEST_F(OptionFlagsTest, single_values_land_as_they_were_typed) {
  const auto request = read({"in", "--size", "[64]", "-k", "x"});
  ASSERT_THAT(request, IsOk());
  EXPECT_THAT(request->options, ElementsAre(Pair("k", "x"), Pair("size", "[64]")));
}

TEST_F(OptionFlagsTest, flags_are_on_off_or_what_the_engine_is_to_refuse) {
  EXPECT_EQ(sheet_of({}), "none");
  EXPECT_EQ(sheet_of({"--sheet"}), "true");
  EXPECT_EQ(sheet_of({"--no-sheet"}), "false");
  EXPECT_EQ(sheet_of({"--sheet=false"}), "false");
  EXPECT_EQ(sheet_of({"--sheet=true"}), "true");
  EXPECT_EQ(sheet_of({"--no-sheet=true"}), "false");
  EXPECT_EQ(sheet_of({"--no-sheet=false"}), "true");
  EXPECT_EQ(sheet_of({"--sheet=maybe"}), "maybe");
  EXPECT_EQ(sheet_of({"--no-sheet=maybe"}), "maybe");
  EXPECT_EQ(sheet_of({"--thumbs.no-sheet"}, "thumbs."), "false");
}

TEST_F(OptionFlagsTest, of_flags_that_say_different_things_the_last_one_holds) {
  EXPECT_EQ(sheet_of({"--sheet", "--no-sheet"}), "false");
  EXPECT_EQ(sheet_of({"--no-sheet", "--sheet"}), "true");
  EXPECT_EQ(sheet_of({"--sheet=false", "--sheet"}), "true");
}

TEST_F(OptionFlagsTest, switches_are_turned_on_and_off) {
  const auto off = read({"in", "--json=false"});
  ASSERT_THAT(off, IsOk());
  EXPECT_FALSE(off->json);
  const auto neither = read({"in", "--json=maybe"});
  ASSERT_FALSE(neither);
  EXPECT_THAT(neither.error().message(),
              StartsWith("look: --json: 'maybe', expected true or false;"));
}

TEST_F(OptionFlagsTest, an_option_with_one_value_is_given_once) {
  const auto twice = read({"in", "--size", "64", "--size", "65"});
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().message(), StartsWith("look: --size: given twice, expected once;"));
  const auto thrice = read({"in", "-k", "1", "-k", "1", "-k", "1"});
  ASSERT_FALSE(thrice);
  EXPECT_THAT(thrice.error().message(), StartsWith("look: -k: given 3 times, expected once;"));
}

// Else the next word would be its value.
TEST_F(OptionFlagsTest, a_value_after_an_equals_sign_is_not_empty) {
  const auto empty = read({"--size=", "--json", "in"});
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().message(), "--size=: expected a value after it");
}

TEST_F(OptionFlagsTest, help_tells_both_forms_values_ranges_and_defaults) {
  const std::string help = help_of("");
  EXPECT_THAT(help, ContainsRegex("--\\[no-\\]sheet +sheets \\[true\\]"));
  EXPECT_THAT(help, ContainsRegex("-k N +how many \\(1 to 99\\) \\[10\\]"));
  EXPECT_THAT(help, ContainsRegex("--size SIZE +a size"));
  EXPECT_THAT(help, ContainsRegex("--include TEXT +patterns"));
  EXPECT_THAT(help, ContainsRegex("--metric NAME +metrics \\(cosine.l2\\) \\[l2\\]"));
  EXPECT_THAT(help, ContainsRegex("--key KEY +keys"));
  EXPECT_THAT(help_of("thumbs."), ContainsRegex("--thumbs.\\[no-\\]sheet"));
}

}  // namespace
}  // namespace imagemill::cli
