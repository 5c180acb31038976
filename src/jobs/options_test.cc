// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <sstream>

#include "imagemill/job.h"
#include "support/json_schema.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::array kSpecs = {
    OptionSpec{"size", OptionKind::kSize, "", "a box"},
    OptionSpec{"quality", OptionKind::kInteger, "85", "how good", "", 1, 100},
    OptionSpec{"ratio", OptionKind::kReal, "0.5", "a share", "", 0.1, 3600},
    OptionSpec{"fit", OptionKind::kChoice, "inside", "how", "inside|cover|contain"},
    OptionSpec{"memory", OptionKind::kBytes, "1G", "room"},
    OptionSpec{"background", OptionKind::kColor, "white", "behind"},
    OptionSpec{"upright", OptionKind::kFlag, "true", "turned"},
    OptionSpec{"include", OptionKind::kTexts, "", "patterns"},
    OptionSpec{"threads", OptionKind::kInteger, "0", "how many", "", 0, 64, false},
    OptionSpec{"depth", OptionKind::kChoice, "keep", "bits", "keep|8|16|true"},
    OptionSpec{"shift", OptionKind::kInteger, "0", "either way", "", -12, 1005},
    OptionSpec{"seed", OptionKind::kInteger, "0", "any number"},
    OptionSpec{"title", OptionKind::kText, "", "any text"},
};

Result<OptionValues> parse(const std::map<std::string, std::string>& given) {
  return OptionValues::parse(kSpecs, given);
}

TEST(OptionValues, have_defaults) {
  ASSERT_OK_AND_ASSIGN(const OptionValues values, parse({}));
  EXPECT_EQ(values.integer("quality"), 85);
  EXPECT_EQ(values.real("ratio"), 0.5);
  EXPECT_EQ(values.text("fit"), "inside");
  EXPECT_EQ(values.bytes("memory"), uint64_t{1} << 30);
  EXPECT_EQ(values.color("background"), 0xFFFFFFu);
  EXPECT_TRUE(values.flag("upright"));
  EXPECT_FALSE(values.size("size").has_value());
  EXPECT_TRUE(values.texts("include").empty());
  EXPECT_FALSE(values.is_given("quality"));
}

TEST(OptionValues, are_what_was_given) {
  ASSERT_OK_AND_ASSIGN(const OptionValues values, parse({{"size", "640x480"},
                                                         {"quality", "100"},
                                                         {"memory", "512M"},
                                                         {"background", "#10a0Ff"},
                                                         {"upright", "false"},
                                                         {"include", "*.jpg\nraw/**"}}));
  EXPECT_EQ(values.size("size"), (Size{640, 480}));
  EXPECT_EQ(values.integer("quality"), 100);
  EXPECT_EQ(values.bytes("memory"), uint64_t{512} << 20);
  EXPECT_EQ(values.color("background"), 0x10A0FFu);
  EXPECT_FALSE(values.flag("upright"));
  EXPECT_EQ(values.texts("include"), (std::vector<std::string>{"*.jpg", "raw/**"}));
  EXPECT_TRUE(values.is_given("quality"));
  EXPECT_EQ(parse({{"size", "64"}})->size("size"), (Size{64, 64}));
}

TEST(OptionValues, bytes_have_units) {
  const auto bytes = [](const char* text) { return parse({{"memory", text}})->bytes("memory"); };
  EXPECT_EQ(bytes("1048576"), uint64_t{1} << 20);
  EXPECT_EQ(bytes("3k"), 3u << 10);
  EXPECT_EQ(bytes("3KiB"), 3u << 10);
  EXPECT_EQ(bytes("2TB"), uint64_t{2} << 40);
  EXPECT_EQ(bytes("7B"), 7u);
}

TEST(OptionValues, refuse_what_does_not_fit) {
  const std::pair<const char*, const char*> kWrong[] = {{"size", "0"},
                                                        {"size", "640x"},
                                                        {"size", "x480"},
                                                        {"size", "1x2x3"},
                                                        {"size", "-5"},
                                                        {"size", "9999999"},
                                                        {"size", ""},
                                                        {"quality", "0"},
                                                        {"quality", "101"},
                                                        {"quality", "9.5"},
                                                        {"quality", " 9"},
                                                        {"quality", "9 "},
                                                        {"ratio", "nan"},
                                                        {"ratio", "inf"},
                                                        {"ratio", "0"},
                                                        {"ratio", ""},
                                                        {"memory", "G"},
                                                        {"memory", "1.5G"},
                                                        {"memory", "-1"},
                                                        {"memory", "512i"},
                                                        {"memory", "1GG"},
                                                        {"memory", "99999999999T"},
                                                        {"background", "#12345"},
                                                        {"background", "#12345g"},
                                                        {"background", "red"},
                                                        {"upright", "yes"},
                                                        {"fit", "COVER"}};
  for (const auto& [name, value] : kWrong)
    EXPECT_THAT(
        parse({{name, value}}),
        FailsWith(Code::kInvalidArgument, AllOf(HasSubstr(std::string("--") + name),
                                                HasSubstr("'" + std::string(value) + "'"))));
}

TEST(OptionValues, name_the_nearest) {
  EXPECT_THAT(parse({{"qualty", "5"}}),
              FailsWith(Code::kInvalidArgument, HasSubstr("did you mean --quality?")));
  EXPECT_THAT(parse({{"fit", "covr"}}),
              FailsWith(Code::kInvalidArgument, HasSubstr("did you mean 'cover'?")));
  EXPECT_THAT(parse({{"completely-other", "5"}}),
              FailsWith(Code::kInvalidArgument, testing::Not(HasSubstr("did you mean"))));
}

TEST(OptionValues, fingerprint_leaves_out_what_cannot_change_results) {
  ASSERT_OK_AND_ASSIGN(const OptionValues values, parse({{"threads", "4"}, {"quality", "50"}}));
  EXPECT_EQ(values.fingerprint().at("quality"), "50");
  EXPECT_EQ(values.fingerprint().at("fit"), "inside");
  EXPECT_FALSE(values.fingerprint().contains("threads"));
}

TEST(OptionSchema, is_json_that_says_it_all) {
  const auto schema = nlohmann::json::parse(option_schema_json("test", kSpecs));
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(schema["properties"].size(), kSpecs.size());
  EXPECT_EQ(schema["properties"]["quality"]["default"], 85);
  EXPECT_EQ(schema["properties"]["quality"]["maximum"], 100);
  EXPECT_EQ(schema["properties"]["fit"]["enum"][1], "cover");
  EXPECT_EQ(schema["properties"]["upright"]["default"], true);
}

// What a reader of YAML (its core schema) makes of a text without quotes.
nlohmann::json yaml_value(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  const auto is_all = [&](const char* pattern) {
    return fits_schema(text, {{"pattern", pattern}});
  };
  if (is_all("^-?[0-9]{1,18}$")) return std::stoll(text);
  if (is_all("^-?[0-9]*[.][0-9]+$")) return std::stod(text);
  return text;
}

TEST(OptionSchema, takes_what_the_program_takes) {
  const auto schema = nlohmann::json::parse(option_schema_json("test", kSpecs));
  std::vector<std::string> texts = {"", " 5", "5 "};
  std::istringstream words(
      "0 -0 1 5 8 9 10 16 63 64 65 99 100 101 -1 -12 -13 999 1000 1004 1005 1006 1010 2000 0005 00 "
      "1000000 1000001 0.1 0.05 3599.5 3600 3601 1.5 true false yes keep inside INSIDE cover "
      "640x480 640x x480 0x5 5x0 007x08 1x2x3 1000000x1 1x1000001 640X480 "
      "white grey red #12aBcd #12345 #12345g "
      "512m 512M 5i 5iB 5Ki 5KiB 5kib 5KIB 5B 5b 1.5G 1GG G -5K 16777215T 16777216T 17179869183G "
      "17179869184G 18446744073709551615 18446744073709551616 9223372036854775807 "
      "9223372036854775808 -9223372036854775808 -9223372036854775809 *.jpg");
  for (std::string word; words >> word;) texts.push_back(word);
  for (const OptionSpec& spec : kSpecs) {
    const std::string name(spec.name);
    for (const std::string& text : texts) {
      const bool is_taken = parse({{name, text}}).has_value();
      if (text != "-0") {  // which is 0 for a reader
        EXPECT_EQ(fits_schema({{name, yaml_value(text)}}, schema), is_taken)
            << name << ": " << text;
      }
      if (spec.kind != OptionKind::kReal) {
        EXPECT_EQ(fits_schema({{name, text}}, schema), is_taken) << name << ": '" << text << "'";
      }
    }
    EXPECT_EQ(fits_schema({{name, nlohmann::json::array({"*.jpg", 5})}}, schema),
              spec.kind == OptionKind::kTexts);
    EXPECT_FALSE(fits_schema({{name, nullptr}}, schema)) << name;
  }
}

TEST(OptionSpecs, of_every_job_are_sound) {
  for (const JobInfo& job : list_jobs()) {
    std::map<std::string, std::string> defaults;
    for (const OptionSpec& spec : job.options) {
      EXPECT_FALSE(spec.help.empty()) << spec.name;
      EXPECT_TRUE(!spec.help.ends_with('.') || spec.help.ends_with("...")) << spec.name;
      if (!spec.default_value.empty()) defaults[std::string(spec.name)] = spec.default_value;
    }
    EXPECT_THAT(OptionValues::parse(job.options, defaults), IsOk()) << job.name;
    EXPECT_EQ(find_job(job.name)->name, job.name);
  }
}

}  // namespace
}  // namespace imagemill
