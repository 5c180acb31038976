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

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::Pair;

constexpr std::array kOptions = {
    OptionSpec{"size", OptionKind::kSize, "", "a size"},
    OptionSpec{"k", OptionKind::kInteger, "10", "how many", "", 1, 99},
    OptionSpec{"include", OptionKind::kTexts, "", "patterns"},
};

struct Request {
  std::vector<std::string> words;
  std::vector<std::string> keys;
  std::map<std::string, std::string> options;
};

class OptionFlagsTest : public testing::Test {
 protected:
  // What lands in the request of a command with `words` after its name.
  static Result<Request> read(std::vector<std::string> words) {
    words.insert(words.begin(), {"imagemill", "look"});
    CommandParser parser(std::move(words));
    const auto [command, request] =
        parser.add<Request>("look", "Looks", [](Request&) -> Result<int> { return 0; });
    add_words(command, "IN...", 1, "inputs", request.words);
    add_repeated_option(command, "--key", "keys", request.keys);
    add_options(command, kOptions, "", "Options", request.options);
    if (const auto parsed = parser.parse(); !parsed) return std::unexpected(parsed.error());
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

}  // namespace
}  // namespace imagemill::cli
