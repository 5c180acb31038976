// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/registry.h"

#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class NamedJob final : public Job {
 public:
  NamedJob(std::string name, std::vector<std::string> needs)
      : name_(std::move(name)), needs_(std::move(needs)), info_{name_, "", {}} {}
  const JobInfo& info() const override { return info_; }
  std::vector<std::string> needs_rows_of() const override { return needs_; }
  std::vector<ViewRequest> views(const Item&) const override { return {}; }
  Result<> process(ItemContext&) const override { return {}; }

 private:
  std::string name_;
  std::vector<std::string> needs_;
  JobInfo info_;
};

struct Named {
  std::string name;
  std::vector<std::string> needs = {};
};

Result<std::vector<std::string>> ordered(const std::vector<Named>& named) {
  std::vector<std::unique_ptr<Job>> jobs;
  for (const Named& job : named) jobs.push_back(std::make_unique<NamedJob>(job.name, job.needs));
  IMAGEMILL_ASSIGN_OR_RETURN(jobs, order_jobs(std::move(jobs)));
  std::vector<std::string> names;
  for (const auto& job : jobs) names.emplace_back(job->info().name);
  return names;
}

TEST(OrderJobs, needs_come_first_else_the_order_given) {
  EXPECT_THAT(*ordered({{"b"}, {"a"}, {"c"}}), ElementsAre("b", "a", "c"));
  EXPECT_THAT(*ordered({{"filter", {"detect"}}, {"embed"}, {"detect"}}),
              ElementsAre("embed", "detect", "filter"));
  EXPECT_THAT(*ordered({{"c", {"b"}}, {"b", {"a"}}, {"a"}}), ElementsAre("a", "b", "c"));
}

TEST(OrderJobs, refuses_what_cannot_be) {
  EXPECT_THAT(ordered({{"a", {"b"}}, {"b", {"a"}}}),
              FailsWith(Code::kInvalidArgument, HasSubstr("cycle")));
  EXPECT_THAT(ordered({{"a", {"a"}}}), FailsWith(Code::kInvalidArgument, HasSubstr("cycle")));
  EXPECT_THAT(ordered({{"a", {"gone"}}}), FailsWith(Code::kInvalidArgument, HasSubstr("'gone'")));
  EXPECT_THAT(ordered({{"a"}, {"b"}, {"a"}}),
              FailsWith(Code::kInvalidArgument, HasSubstr("'a' is named twice")));
}

TEST(MakeJob, names_the_nearest) {
  EXPECT_THAT(make_job("prepar", {}, CodecSet()),
              FailsWith(Code::kInvalidArgument, HasSubstr("did you mean 'prepare'?")));
}

TEST(MakeJob, contradictions_are_refused) {
  const auto make = [](const std::map<std::string, std::string>& given) {
    return make_job("prepare", OptionValues::parse(prepare_info().options, given).value(),
                    CodecSet());
  };
  EXPECT_THAT(make({}), IsOk());
  EXPECT_THAT(make({{"fit", "cover"}}), FailsWith(Code::kInvalidArgument, HasSubstr("--size")));
  EXPECT_THAT(make({{"buckets", "true"}, {"size", "64"}}), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(make({{"buckets", "true"}, {"bucket-area", "4096"}, {"bucket-step", "1024"}}),
              FailsWith(Code::kInvalidArgument, HasSubstr("--bucket-min")));
  EXPECT_THAT(make({{"format", "jxl"}}), FailsWith(Code::kUnsupported, HasSubstr("jxl")));
}

}  // namespace
}  // namespace imagemill
