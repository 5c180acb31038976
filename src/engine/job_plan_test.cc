// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/job_plan.h"

#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

struct Named {
  std::string name;
  std::vector<std::string> rows_of = {};
  std::string picture_of = {};
  std::string where = {};
};

class NamedJob final : public Job {
 public:
  explicit NamedJob(Named named) : named_(std::move(named)), info_{named_.name, "", {}} {}
  const JobInfo& info() const override { return info_; }
  std::optional<TableSchema> table() const override {
    return TableSchema{named_.name, {{"n", ColumnType::kInteger}, {"word", ColumnType::kText}}};
  }
  std::vector<std::string> needs_rows_of() const override { return named_.rows_of; }
  std::string picture_of() const override { return named_.picture_of; }
  std::vector<ViewRequest> views(const ImageHeader&) const override { return {}; }
  Result<> process(ItemContext&) const override { return {}; }

 private:
  Named named_;
  JobInfo info_;
};

Result<std::vector<PlannedJob>> plan(const std::vector<Named>& named) {
  std::vector<RequestedJob> jobs;
  for (const Named& job : named) jobs.push_back({std::make_unique<NamedJob>(job), job.where});
  return plan_jobs(std::move(jobs));
}

Result<std::vector<std::string>> order(const std::vector<Named>& named) {
  IMAGEMILL_ASSIGN_OR_RETURN(const auto jobs, plan(named));
  std::vector<std::string> names;
  for (const PlannedJob& job : jobs) names.emplace_back(job.name());
  return names;
}

std::string refusal(const std::vector<Named>& named) {
  const auto jobs = plan(named);
  if (jobs) return "no refusal";
  EXPECT_EQ(jobs.error().code(), Code::kInvalidArgument);
  return jobs.error().message();
}

TEST(PlanJobs, what_is_waited_for_comes_first_else_the_order_given) {
  EXPECT_THAT(*order({{"b"}, {"a"}, {"c"}}), ElementsAre("b", "a", "c"));
  EXPECT_THAT(*order({{"filter", {"detect"}}, {"embed"}, {"detect"}}),
              ElementsAre("embed", "detect", "filter"));
  EXPECT_THAT(*order({{"c", {"b"}}, {"b", {"a"}}, {"a"}}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(*order({{"c", {}, "b"}, {"b", {}, "", "a.n > 1"}, {"a"}}),
              ElementsAre("a", "b", "c"));
}

TEST(PlanJobs, names_become_places) {
  ASSERT_OK_AND_ASSIGN(const auto jobs, plan({{"c", {"a"}, "b", "item.width > 3 and a.n = 1"},
                                              {"b", {}, "", "item.bytes < 9"},
                                              {"a"}}));
  ASSERT_EQ(jobs.size(), 3u);  // b, a, c
  EXPECT_TRUE(jobs[0].is_decided_by_facts());
  EXPECT_FALSE(jobs[1].is_decided_by_facts()) << "it has no condition";
  EXPECT_THAT(jobs[2].rows_of, ElementsAre(1));
  EXPECT_EQ(jobs[2].picture_of, 0u);
  EXPECT_THAT(jobs[2].where_rows, ElementsAre(PlannedJob::kNone, 1));
  EXPECT_FALSE(jobs[2].is_decided_by_facts());
}

TEST(PlanJobs, a_cycle_is_named_with_its_reasons) {
  EXPECT_EQ(refusal({{"d", {"a"}}, {"a", {"b"}}, {"b", {}, "c"}, {"c", {}, "", "a.n = 1"}}),
            "the jobs wait for each other in a cycle: a -> b -> c -> a (a needs the rows of b; b "
            "needs the picture of c; c needs (--where) the rows of a)");
  EXPECT_THAT(refusal({{"a", {"a"}}}), HasSubstr("in a cycle: a -> a"));
  EXPECT_THAT(refusal({{"a", {}, "", "a.n = 1"}}), HasSubstr("in a cycle: a -> a"));
}

TEST(PlanJobs, a_job_that_is_not_there_is_named_with_who_needs_it) {
  EXPECT_EQ(refusal({{"a", {"b"}}, {"b", {}, "gone"}}),
            "job 'b' needs the picture of 'gone', which is not a job of this run (a -> b -> gone); "
            "expected one of a, b");
  EXPECT_THAT(refusal({{"quality"}, {"a", {}, "", "qualty.n > 3"}}),
              AllOf(HasSubstr("job 'a' needs (--where) the rows of 'qualty'"),
                    HasSubstr("did you mean 'quality'?")));
  EXPECT_THAT(refusal({{"a"}, {"b"}, {"a"}}), HasSubstr("'a' is named twice"));
}

TEST(PlanJobs, mistakes_in_a_condition_name_the_job) {
  EXPECT_THAT(refusal({{"a", {}, "", "item.width >"}}),
              AllOf(HasSubstr("a: --where: "), HasSubstr("at character 13: the end")));
  EXPECT_THAT(refusal({{"a", {}, "", "item.widht > 1"}}),
              AllOf(HasSubstr("a: --where: item.widht"), HasSubstr("format, width, height")));
  EXPECT_THAT(refusal({{"a"}, {"b", {}, "", "a.word > 1"}}),
              AllOf(HasSubstr("b: --where: a.word is a text"), HasSubstr("1 is a number")));
}

}  // namespace
}  // namespace imagemill
