// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/registry.h"

#include <algorithm>
#include <array>

namespace imagemill {
namespace {

struct JobRow {
  const JobInfo& (*info)();
  Result<std::unique_ptr<Job>> (*make)(const OptionValues& options, const CodecSet& codecs);
};

constexpr std::array kJobs = {
    JobRow{prepare_info, make_prepare},
    JobRow{thumbs_info, make_thumbs},
    JobRow{quality_info, make_quality},
};

}  // namespace

std::span<const JobInfo> list_jobs() {
  static const auto infos = [] {
    std::vector<JobInfo> out;
    for (const JobRow& row : kJobs) out.push_back(row.info());
    return out;
  }();
  return infos;
}

const JobInfo* find_job(std::string_view name) {
  const auto jobs = list_jobs();
  const auto it = std::ranges::find(jobs, name, &JobInfo::name);
  return it == jobs.end() ? nullptr : &*it;
}

Result<std::unique_ptr<Job>> make_job(std::string_view name, const OptionValues& options,
                                      const CodecSet& codecs) {
  for (const JobRow& row : kJobs)
    if (row.info().name == name) return row.make(options, codecs);
  std::vector<std::string_view> names;
  for (const JobInfo& info : list_jobs()) names.push_back(info.name);
  const std::string_view near = nearest_name(name, names);
  return fail(Code::kInvalidArgument, "no job named '{}'{}", name,
              near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near));
}

Result<std::vector<std::unique_ptr<Job>>> order_jobs(std::vector<std::unique_ptr<Job>> jobs) {
  const auto name_of = [](const std::unique_ptr<Job>& job) { return job->info().name; };
  for (const auto& job : jobs) {
    if (std::ranges::count(jobs, job->info().name, name_of) > 1)
      return fail(Code::kInvalidArgument, "job '{}' is named twice", job->info().name);
    for (const std::string& needed : job->needs_rows_of()) {
      if (std::ranges::find(jobs, needed, name_of) == jobs.end())
        return fail(Code::kInvalidArgument, "job '{}' needs job '{}' in the same run",
                    job->info().name, needed);
    }
  }
  std::vector<std::unique_ptr<Job>> ordered;
  while (!jobs.empty()) {
    const auto is_ready = [&](const std::unique_ptr<Job>& job) {
      const auto needs = job->needs_rows_of();
      return std::ranges::all_of(needs, [&](const std::string& n) {
        return std::ranges::find(ordered, n, name_of) != ordered.end();
      });
    };
    const auto ready = std::ranges::find_if(jobs, is_ready);
    if (ready == jobs.end())
      return fail(Code::kInvalidArgument,
                  "job '{}' waits for its own rows: the jobs' needs form a cycle",
                  jobs.front()->info().name);
    ordered.push_back(std::move(*ready));
    jobs.erase(ready);
  }
  return ordered;
}

}  // namespace imagemill
