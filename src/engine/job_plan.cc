// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/job_plan.h"

#include <algorithm>

#include "engine/item_facts.h"
#include "imagemill/text.h"

namespace imagemill {
namespace {

// Why one job waits for another.
struct Need {
  std::string name;
  std::string_view what;
};

struct Candidate {
  std::unique_ptr<Job> job;
  std::optional<RowCondition> where;
  std::vector<Need> needs;

  std::string_view name() const { return job->info().name; }
};

Result<Candidate> read_candidate(RequestedJob request) {
  Candidate out{.job = std::move(request.job), .where = {}, .needs = {}};
  for (std::string& name : out.job->needs_rows_of())
    out.needs.push_back({std::move(name), "the rows of"});
  if (std::string name = out.job->picture_of(); !name.empty())
    out.needs.push_back({std::move(name), "the picture of"});
  if (request.where.empty()) return out;
  auto where = RowCondition::parse(request.where);
  if (!where)
    return std::unexpected(
        std::move(where).error().with_context(fmt::format("{}: --where", out.name())));
  out.where = std::move(*where);
  for (const std::string& table : out.where->tables())
    if (table != kItemTable) out.needs.push_back({table, "(--where) the rows of"});
  return out;
}

const Candidate* find(std::span<const Candidate> jobs, std::string_view name) {
  const auto it = std::ranges::find(jobs, name, &Candidate::name);
  return it == jobs.end() ? nullptr : &*it;
}

// From a job that no other waits for down to `last`: "sheets -> thumbs -> prepare".
std::string chain_to(std::span<const Candidate> jobs, const Candidate& last) {
  std::vector<std::string_view> names = {last.name()};
  while (true) {
    const auto waits = std::ranges::find_if(jobs, [&](const Candidate& c) {
      return std::ranges::find(c.needs, names.back(), &Need::name) != c.needs.end() &&
             std::ranges::find(names, c.name()) == names.end();
    });
    if (waits == jobs.end()) break;
    names.push_back(waits->name());
  }
  std::ranges::reverse(names);
  return fmt::format("{}", fmt::join(names, " -> "));
}

std::unexpected<Status> complain_missing(std::span<const Candidate> jobs, const Candidate& job,
                                         const Need& need) {
  std::vector<std::string_view> names;
  for (const Candidate& c : jobs) names.push_back(c.name());
  const std::string_view near = nearest_name(need.name, names);
  return fail(Code::kInvalidArgument,
              "job '{}' needs {} '{}', which is not a job of this run ({} -> {}); expected one of "
              "{}{}",
              job.name(), need.what, need.name, chain_to(jobs, job), need.name,
              fmt::join(names, ", "),
              near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near));
}

Result<> check_names(std::span<const Candidate> jobs) {
  for (const Candidate& job : jobs) {
    if (std::ranges::count(jobs, job.name(), &Candidate::name) > 1)
      return fail(Code::kInvalidArgument, "job '{}' is named twice", job.name());
    for (const Need& need : job.needs)
      if (find(jobs, need.name) == nullptr) return complain_missing(jobs, job, need);
  }
  return {};
}

// Every job in `waiting` waits for another of them.
std::unexpected<Status> complain_cycle(std::span<const Candidate> waiting) {
  std::vector<const Candidate*> path;
  std::vector<std::string> reasons;
  const Candidate* job = &waiting.front();
  while (std::ranges::find(path, job) == path.end()) {
    path.push_back(job);
    const auto need = std::ranges::find_if(
        job->needs, [&](const Need& n) { return find(waiting, n.name) != nullptr; });
    reasons.push_back(fmt::format("{} needs {} {}", job->name(), need->what, need->name));
    job = find(waiting, need->name);
  }
  const auto first = std::ranges::find(path, job) - path.begin();
  std::string chain;
  for (const Candidate* c : std::span(path).subspan(static_cast<size_t>(first)))
    chain += fmt::format("{} -> ", c->name());
  reasons.erase(reasons.begin(), reasons.begin() + first);
  return fail(Code::kInvalidArgument, "the jobs wait for each other in a cycle: {}{} ({})", chain,
              job->name(), fmt::join(reasons, "; "));
}

Result<std::vector<Candidate>> in_order(std::vector<Candidate> jobs) {
  std::vector<Candidate> ordered;
  while (!jobs.empty()) {
    const auto ready = std::ranges::find_if(jobs, [&](const Candidate& job) {
      return std::ranges::all_of(
          job.needs, [&](const Need& need) { return find(ordered, need.name) != nullptr; });
    });
    if (ready == jobs.end()) return complain_cycle(jobs);
    ordered.push_back(std::move(*ready));
    jobs.erase(ready);
  }
  return ordered;
}

size_t index_of(std::span<const PlannedJob> jobs, std::string_view name) {
  const auto it = std::ranges::find(jobs, name, &PlannedJob::name);
  return it == jobs.end() ? PlannedJob::kNone : static_cast<size_t>(it - jobs.begin());
}

}  // namespace

bool PlannedJob::is_decided_by_facts() const {
  return where &&
         std::ranges::all_of(where_rows, [](size_t index) { return index == PlannedJob::kNone; });
}

Result<std::vector<PlannedJob>> plan_jobs(std::vector<RequestedJob> requests) {
  std::vector<Candidate> jobs;
  for (RequestedJob& request : requests) {
    IMAGEMILL_ASSIGN_OR_RETURN(Candidate job, read_candidate(std::move(request)));
    jobs.push_back(std::move(job));
  }
  IMAGEMILL_TRY(check_names(jobs));
  IMAGEMILL_ASSIGN_OR_RETURN(jobs, in_order(std::move(jobs)));

  std::vector<TableSchema> schemas = {item_schema()};
  std::vector<PlannedJob> planned;
  for (Candidate& job : jobs) {
    PlannedJob out;
    for (const std::string& name : job.job->needs_rows_of())
      out.rows_of.push_back(index_of(planned, name));
    out.picture_of = index_of(planned, job.job->picture_of());
    if (job.where) {
      if (auto bound = job.where->bind(schemas); !bound)
        return std::unexpected(
            std::move(bound).error().with_context(fmt::format("{}: --where", job.name())));
      for (const std::string& table : job.where->tables())
        out.where_rows.push_back(index_of(planned, table));
      out.where = std::move(job.where);
    }
    if (auto schema = job.job->table()) schemas.push_back(std::move(*schema));
    out.job = std::move(job.job);
    planned.push_back(std::move(out));
  }
  return planned;
}

}  // namespace imagemill
