// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "settings.h"

#include <array>
#include <cstdlib>
#include <filesystem>

#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill::cli {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;

class SettingsTest : public testing::Test {
 protected:
  SettingsTest() { setenv("XDG_CONFIG_HOME", folder_.path().c_str(), 1); }
  ~SettingsTest() override { unsetenv("XDG_CONFIG_HOME"); }

  void write(std::string_view text) { folder_.write("imagemill/config.yaml", text); }

  TestFolder folder_;
};

TEST_F(SettingsTest, lie_where_the_desktop_says) {
  EXPECT_EQ(settings_path(), folder_ / "imagemill/config.yaml");
  setenv("XDG_CONFIG_HOME", "relative", 1);
  const char* home = std::getenv("HOME");
  const std::string saved = home == nullptr ? "" : home;
  setenv("HOME", "/someone", 1);
  EXPECT_EQ(settings_path(), "/someone/.config/imagemill/config.yaml");
  unsetenv("HOME");
  EXPECT_EQ(settings_path(), "");
  if (home != nullptr) setenv("HOME", saved.c_str(), 1);
}

TEST_F(SettingsTest, stand_beneath_flags_and_recipe) {
  write("threads: 3\nmax-memory: 1G\nprepare: {quality: 70, size: 64}\nthumbs: {size: 99}\n");
  RunSpec spec{.jobs = {{"prepare", {{"size", "100"}}}}, .options = {{"threads", "8"}}};
  ASSERT_THAT(apply_recipe("prepare: {kernel: linear}\n", spec), IsOk());
  ASSERT_THAT(use_settings(settings_path(), spec), IsOk());
  EXPECT_EQ(spec.options,
            (std::map<std::string, std::string>{{"threads", "8"}, {"max-memory", "1G"}}));
  EXPECT_EQ(spec.jobs[0].options, (std::map<std::string, std::string>{
                                      {"size", "100"}, {"kernel", "linear"}, {"quality", "70"}}));
  EXPECT_THAT(settings_state(settings_path()), EndsWith("config.yaml, in use"));
}

TEST_F(SettingsTest, are_taken_by_commands_that_have_some_of_the_options) {
  write("threads: 8\nmax-memory: 1G\nfail-on: error\n");
  constexpr std::array kKnown = {
      OptionSpec{"threads", OptionKind::kInteger, "0", ""},
      OptionSpec{"max-memory", OptionKind::kBytes, "0", ""},
  };
  std::map<std::string, std::string> options{{"max-memory", "2G"}};
  ASSERT_THAT(use_settings(settings_path(), kKnown, options), IsOk());
  EXPECT_EQ(options, (std::map<std::string, std::string>{{"threads", "8"}, {"max-memory", "2G"}}));
}

TEST_F(SettingsTest, need_not_be_there) {
  RunSpec spec;
  EXPECT_THAT(use_settings(settings_path(), spec), IsOk());
  EXPECT_THAT(use_settings("", spec), IsOk());
  EXPECT_THAT(settings_state(settings_path()), EndsWith("config.yaml, not there"));
}

TEST_F(SettingsTest, mistakes_name_file_and_line) {
  const auto complaint = [this](std::string_view text) {
    write(text);
    RunSpec spec;
    const auto used = use_settings(settings_path(), spec);
    return used ? std::string() : used.error().message();
  };
  EXPECT_THAT(complaint("threads: 2\nthread: 3\n"),
              AllOf(HasSubstr("imagemill/config.yaml: line 2: unknown key 'thread'"),
                    HasSubstr("did you mean 'threads'")));
  EXPECT_THAT(complaint("thumbs:\n  size: 99999\n"),
              AllOf(HasSubstr("config.yaml: line 2: "), HasSubstr("99999")));
  EXPECT_THAT(complaint("\nrestart: true\n"),
              AllOf(HasSubstr("line 2: 'restart' is about a single run")));
  EXPECT_THAT(complaint("jobs: prepare\n"), HasSubstr("'jobs' is about a single run"));
  EXPECT_THAT(settings_state(settings_path()), HasSubstr("runs refuse it"));
}

TEST_F(SettingsTest, that_cannot_be_read_are_an_error) {
  std::filesystem::create_directories(folder_ / "imagemill/config.yaml");
  RunSpec spec;
  EXPECT_THAT(use_settings(settings_path(), spec),
              FailsWith(Code::kInvalidArgument, HasSubstr("is a folder, expected a file")));
}

}  // namespace
}  // namespace imagemill::cli
