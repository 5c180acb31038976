// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/registry.h"

#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::HasSubstr;

TEST(MakeJob, names_the_nearest) {
  EXPECT_EQ(find_job_entry(job_entries(), "prepar"), nullptr);
  EXPECT_THAT(complain_of_job(job_entries(), "prepar").error().message(),
              HasSubstr("did you mean 'prepare'?"));
}

TEST(MakeJob, contradictions_are_refused) {
  const auto make = [](const std::map<std::string, std::string>& given) {
    const CodecSet codecs;
    return make_prepare(OptionValues::parse(prepare_info().options, given).value(),
                        {.codecs = codecs});
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
