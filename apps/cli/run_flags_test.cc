// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "run_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class RunFlagsTest : public testing::Test {
 protected:
  RunFlags with_recipe(std::string_view text) {
    return {.recipe = folder_.write("recipe.yaml", text), .no_config = true};
  }

  TestFolder folder_;
};

TEST_F(RunFlagsTest, a_recipe_stands_beneath_the_flags) {
  const RunFlags flags = with_recipe("threads: 2\nmax-memory: 1G\nprepare: {size: 64}\n");
  RunSpec spec{.jobs = {{"prepare", {}}}, .options = {{"threads", "3"}}};
  ASSERT_THAT(complete_run(flags, spec), IsOk());
  EXPECT_EQ(spec.options.at("threads"), "3");
  EXPECT_EQ(spec.options.at("max-memory"), "1G");
  EXPECT_EQ(spec.jobs[0].options.at("size"), "64");
}

TEST_F(RunFlagsTest, a_command_of_one_job_takes_no_recipe_with_others) {
  RunFlags flags = with_recipe("jobs: [prepare, thumbs]\n");
  flags.job = "prepare";
  RunSpec spec{.jobs = {{"prepare", {}}}};
  EXPECT_THAT(complete_run(flags, spec),
              FailsWith(Code::kInvalidArgument,
                        AllOf(HasSubstr("recipe.yaml: jobs: prepare, thumbs"),
                              HasSubstr("imagemill prepare;"), HasSubstr("imagemill run"))));
  RunFlags same = with_recipe("jobs: prepare\n");
  same.job = "prepare";
  EXPECT_THAT(complete_run(same, spec), IsOk());
}

TEST_F(RunFlagsTest, jobs_on_the_command_line_overrule_those_of_a_recipe) {
  RunSpec spec{.jobs = {{"prepare", {}}}};
  ASSERT_THAT(complete_run(with_recipe("jobs: [prepare, thumbs]\n"), spec), IsOk());
  EXPECT_EQ(spec.jobs.size(), 1u);
  RunSpec none;
  ASSERT_THAT(complete_run(with_recipe("jobs: [prepare, thumbs]\n"), none), IsOk());
  EXPECT_EQ(none.jobs.size(), 2u);
}

TEST_F(RunFlagsTest, how_to_show_progress_is_checked_by_every_command) {
  RunSpec spec;
  EXPECT_THAT(complete_run({.no_config = true, .display = {{"progress", "foo"}}}, spec),
              FailsWith(Code::kInvalidArgument, HasSubstr("--progress: 'foo', expected one of")));
}

TEST_F(RunFlagsTest, a_place_that_is_empty_is_refused) {
  RunSpec spec{.options = {{"cache", ""}}};
  EXPECT_THAT(complete_run({.no_config = true}, spec),
              FailsWith(Code::kInvalidArgument, HasSubstr("--cache: '', expected a folder")));
  spec.options = {{"cache", "off"}};
  ASSERT_THAT(complete_run({.no_config = true}, spec), IsOk());
  EXPECT_EQ(spec.places.cache, "");
  spec.options = {{"cache", "/there"}, {"provider-library", "a=b\nc=d"}};
  ASSERT_THAT(complete_run({.no_config = true}, spec), IsOk());
  EXPECT_EQ(spec.places.cache, "/there");
  EXPECT_THAT(spec.places.provider_libraries, testing::ElementsAre("a=b", "c=d"));
}

TEST_F(RunFlagsTest, standard_input_is_read_where_an_input_is_it) {
  const std::vector<std::string> without = {"a", "./-"};
  EXPECT_EQ(read_standard_input(without).value(), "");
}

}  // namespace
}  // namespace imagemill::cli
