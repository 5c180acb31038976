// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/engine.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::vector<std::string> names_of(const RunSpec& spec) {
  std::vector<std::string> out;
  for (const JobRequest& job : spec.jobs) out.push_back(job.name);
  return out;
}

TEST(Recipe, fills_what_the_spec_leaves_open) {
  RunSpec spec;
  ASSERT_THAT(apply_recipe("jobs: [prepare]\n"
                           "threads: 2\n"
                           "include: ['*.jpg', 'raw/**']\n"
                           "prepare:\n"
                           "  size: 640\n"
                           "  copy-unchanged: true\n"
                           "  where: item.width > 640\n",
                           spec),
              IsOk());
  EXPECT_EQ(names_of(spec), std::vector<std::string>{"prepare"});
  EXPECT_EQ(spec.options.at("threads"), "2");
  EXPECT_EQ(spec.options.at("include"), "*.jpg\nraw/**");
  EXPECT_EQ(spec.jobs[0].options.at("size"), "640");
  EXPECT_EQ(spec.jobs[0].options.at("copy-unchanged"), "true");
  EXPECT_EQ(spec.jobs[0].options.at("where"), "item.width > 640");
}

TEST(Recipe, leaves_what_the_spec_says) {
  RunSpec spec{.jobs = {{"prepare", {{"size", "100"}}}}, .options = {{"threads", "8"}}};
  ASSERT_THAT(apply_recipe("jobs: [other]\nthreads: 2\nprepare: {size: 640, quality: 50}\n", spec),
              IsOk());
  EXPECT_EQ(names_of(spec), std::vector<std::string>{"prepare"});
  EXPECT_EQ(spec.options.at("threads"), "8");
  EXPECT_EQ(spec.jobs[0].options.at("size"), "100");
  EXPECT_EQ(spec.jobs[0].options.at("quality"), "50");
}

TEST(Recipe, lists_are_what_the_option_takes) {
  RunSpec spec{.jobs = {{"dedupe", {}}}};
  ASSERT_THAT(apply_recipe("dedupe: {variants: [mirror, rotate]}\nexclude: [a, b]\n", spec),
              IsOk());
  EXPECT_EQ(spec.jobs[0].options.at("variants"), "mirror,rotate");
  EXPECT_EQ(spec.options.at("exclude"), "a\nb");
}

TEST(Recipe, a_single_job_needs_no_list) {
  RunSpec spec;
  ASSERT_THAT(apply_recipe("jobs: prepare\n", spec), IsOk());
  EXPECT_EQ(names_of(spec), std::vector<std::string>{"prepare"});
}

TEST(Recipe, may_be_empty) {
  for (const char* text : {"", "# nothing\n", "---\n"}) {
    RunSpec spec;
    EXPECT_THAT(apply_recipe(text, spec), IsOk());
  }
}

TEST(Recipe, mistakes_name_their_line_and_what_was_meant) {
  const auto refusal = [](const char* text) {
    RunSpec spec{.jobs = {{"prepare", {}}}};
    const auto result = apply_recipe(text, spec);
    return result ? std::string("no refusal") : result.error().to_string();
  };
  EXPECT_THAT(refusal("threads: 2\nthreds: 3\n"),
              AllOf(HasSubstr("line 2"), HasSubstr("'threds'"), HasSubstr("'threads'")));
  EXPECT_THAT(refusal("prepare:\n  size: 3\n  qualty: 4\n"),
              AllOf(HasSubstr("line 3"), HasSubstr("'quality'")));
  EXPECT_THAT(refusal("\nprepare: 3\n"), HasSubstr("line 2"));
  EXPECT_THAT(refusal("threads: {a: b}\n"), HasSubstr("threads"));
  EXPECT_THAT(refusal("include: [[a]]\n"), HasSubstr("include"));
  EXPECT_THAT(refusal("jobs: {prepare: 1}\n"), HasSubstr("jobs"));
  EXPECT_THAT(refusal("- a\n- b\n"), HasSubstr("mapping"));
  EXPECT_THAT(refusal("a: [1, 2\nb: 3\n"), HasSubstr("line"));
  EXPECT_THAT(refusal("? [a]\n: b\n"), HasSubstr("line 1"));
}

TEST(Recipe, hostile_text_is_refused) {
  RunSpec spec;
  EXPECT_THAT(apply_recipe(std::string(2 << 20, ' '), spec), FailsWith(Code::kResourceExhausted));
  EXPECT_THAT(apply_recipe("include: " + std::string(20'000, '['), spec),
              FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(apply_recipe("a: &a [x, x]\nb: &b [*a, *a]\ninclude: [*b, *b]\n", spec),
              FailsWith(Code::kInvalidArgument));
}

}  // namespace
}  // namespace imagemill
