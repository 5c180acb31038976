// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/registry.h"

#include <algorithm>
#include <array>

#include "imagemill/text.h"

namespace imagemill {
namespace {

constexpr std::array kOptionsOfEveryJob = {
    OptionSpec{"where", OptionKind::kText, "",
               "only pictures for which this holds, such as 'item.width >= 640 and "
               "quality.sharpness > 50'"},
};

}  // namespace

std::span<const JobEntry> job_entries() {
  static const std::array kJobs = {
      JobEntry{prepare_info, make_prepare}, JobEntry{thumbs_info, make_thumbs},
      JobEntry{quality_info, make_quality}, JobEntry{embed_info, make_embed},
      JobEntry{dedupe_info, make_dedupe},
  };
  return kJobs;
}

std::vector<OptionSpec> options_of(const JobInfo& info) {
  std::vector<OptionSpec> options(info.options.begin(), info.options.end());
  options.insert(options.end(), kOptionsOfEveryJob.begin(), kOptionsOfEveryJob.end());
  return options;
}

std::span<const JobInfo> list_jobs() {
  static const auto options = [] {
    std::vector<std::vector<OptionSpec>> out;
    for (const JobEntry& entry : job_entries()) out.push_back(options_of(entry.info()));
    return out;
  }();
  static const auto infos = [] {
    std::vector<JobInfo> out;
    for (const JobEntry& entry : job_entries()) {
      out.push_back(entry.info());
      out.back().options = options[out.size() - 1];
    }
    return out;
  }();
  return infos;
}

const JobInfo* find_job(std::string_view name) {
  const auto jobs = list_jobs();
  const auto it = std::ranges::find(jobs, name, &JobInfo::name);
  return it == jobs.end() ? nullptr : &*it;
}

const JobEntry* find_job_entry(std::span<const JobEntry> jobs, std::string_view name) {
  const auto it = std::ranges::find_if(
      jobs, [name](const JobEntry& entry) { return entry.info().name == name; });
  return it == jobs.end() ? nullptr : &*it;
}

std::unexpected<Status> complain_of_job(std::span<const JobEntry> jobs, std::string_view name) {
  std::vector<std::string_view> names;
  for (const JobEntry& entry : jobs) names.push_back(entry.info().name);
  const std::string_view near = nearest_name(name, names);
  return fail(Code::kInvalidArgument, "no job named '{}'{}", name,
              near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near));
}

}  // namespace imagemill
