// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "command_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "option_flags.h"
#include "support/status_matchers.h"

namespace imagemill::cli {
namespace {

using testing::HasSubstr;

struct Request {
  std::vector<std::string> words;
  std::map<std::string, std::string> options;
};

constexpr std::array kOptions = {
    OptionSpec{"size", OptionKind::kSize, "", "a size"},
};

// A program with the commands `look IN... OUT` and `shelf list`.
class CommandParserTest : public testing::Test {
 protected:
  static Result<int> parse_and_run(std::vector<std::string> words) {
    words.insert(words.begin(), "imagemill");
    CommandParser parser(std::move(words));
    const auto [command, request] =
        parser.add<Request>("look", "Looks", [](Request&) -> Result<int> { return 7; });
    add_words(command, "IN... OUT", 2, "inputs", request.words);
    add_options(command, kOptions, "", "Options", request.options);
    CLI::App& family = parser.add_family("shelf", "Shelves");
    parser.add_to<Request>(family, "list", "Lists", [](Request&) -> Result<int> { return 8; });
    IMAGEMILL_ASSIGN_OR_RETURN(const Command chosen, parser.parse());
    return chosen();
  }

  static std::string complaint(std::vector<std::string> words) {
    const auto code = parse_and_run(std::move(words));
    if (code) return "none";
    EXPECT_EQ(code.error().code(), Code::kInvalidArgument);
    return code.error().message();
  }

  // What is printed instead of running a command.
  static std::string printed(std::vector<std::string> words) {
    testing::internal::CaptureStdout();
    const auto code = parse_and_run(std::move(words));
    std::string text = testing::internal::GetCapturedStdout();
    EXPECT_TRUE(code && *code == 0);
    return text;
  }
};

TEST_F(CommandParserTest, the_command_that_is_named_is_run) {
  EXPECT_EQ(parse_and_run({"look", "a", "b"}), 7);
  EXPECT_EQ(parse_and_run({"shelf", "list"}), 8);
  EXPECT_EQ(parse_and_run({"look", "shelf", "look"}), 7) << "names of commands are words, too";
}

TEST_F(CommandParserTest, mistakes_name_the_command_and_what_comes_near) {
  EXPECT_THAT(complaint({}), HasSubstr("a command is missing"));
  EXPECT_THAT(complaint({"lok"}), HasSubstr("'lok': no such command (did you mean look?)"));
  EXPECT_THAT(complaint({"shelf", "lst"}),
              HasSubstr("shelf: 'lst': no such command (did you mean list?)"));
  EXPECT_THAT(complaint({"look", "a", "b", "--sise", "3"}),
              HasSubstr("look: --sise: no such option (did you mean --size?)"));
  EXPECT_THAT(complaint({"look", "a", "b", "--size"}),
              HasSubstr("look: --size: expected a value after it"));
}

TEST_F(CommandParserTest, missing_words_are_counted) {
  EXPECT_THAT(complaint({"look"}), HasSubstr("look: IN... OUT: missing"));
  EXPECT_THAT(complaint({"look", "[a,b]"}),
              HasSubstr("look: IN... OUT: 1 given, expected at least 2"));
}

TEST_F(CommandParserTest, help_is_shown_to_whoever_asks_in_the_middle_of_a_command) {
  EXPECT_THAT(printed({"look", "--help"}), HasSubstr("Usage: imagemill look [OPTIONS] IN... OUT"));
  EXPECT_THAT(printed({"look", "a", "--help"}), HasSubstr("Usage: imagemill look"));
  EXPECT_THAT(printed({"look", "a", "--sise", "--help"}), HasSubstr("Usage: imagemill look"));
}

}  // namespace
}  // namespace imagemill::cli
