// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// docs/jobs/<job>.md lists the options that the job has, in the words of its schema.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "imagemill/job.h"

namespace imagemill {
namespace {

std::string option_line(const OptionSpec& spec) {
  std::string values(spec.choices);
  for (size_t at = 0; (at = values.find('|', at)) != std::string::npos; at += 2)
    values.replace(at, 1, ", ");
  if (!values.empty()) values = fmt::format(" ({})", values);
  if (spec.min != 0 || spec.max != 0) values = fmt::format(" ({} to {})", spec.min, spec.max);
  const std::string given =
      spec.default_value.empty() ? "" : fmt::format("`{}`", spec.default_value);
  return fmt::format("| `--{}` | {} | {}{} |", spec.name, given, spec.help, values);
}

TEST(JobPages, list_every_option) {
  for (const JobInfo& job : list_jobs()) {
    const std::filesystem::path root =
        std::filesystem::path(IMAGEMILL_FIXTURES).parent_path().parent_path();
    const std::string path = fmt::format("{}/docs/jobs/{}.md", root.string(), job.name);
    std::ifstream file(path);
    const std::string page{std::istreambuf_iterator<char>(file), {}};
    ASSERT_FALSE(page.empty()) << path;
    for (const OptionSpec& spec : job.options)
      EXPECT_NE(page.find(option_line(spec) + "\n"), std::string::npos)
          << path << " lacks the line\n"
          << option_line(spec);
  }
}

}  // namespace
}  // namespace imagemill
