// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// One factory and one info a job, defined in the job's own file. registry.cc is the only list of
// them, and adds the options that every job has.
#pragma once

#include <functional>

#include "jobs/job.h"
#include "models/network.h"

namespace imagemill {

// What jobs are made with. Outlives them.
struct JobTools {
  const CodecSet& codecs;
  // Of the run; null: the jobs are only going to finish(), their models need not be there.
  NetworkSet* networks = nullptr;
  std::string models_folder = {};  // the user's; "": models are named by path
};

const JobInfo& prepare_info();
Result<std::unique_ptr<Job>> make_prepare(const OptionValues& options, const JobTools& tools);

const JobInfo& thumbs_info();
Result<std::unique_ptr<Job>> make_thumbs(const OptionValues& options, const JobTools& tools);

const JobInfo& quality_info();
Result<std::unique_ptr<Job>> make_quality(const OptionValues& options, const JobTools& tools);

const JobInfo& embed_info();
Result<std::unique_ptr<Job>> make_embed(const OptionValues& options, const JobTools& tools);

const JobInfo& dedupe_info();
Result<std::unique_ptr<Job>> make_dedupe(const OptionValues& options, const JobTools& tools);

struct JobEntry {
  const JobInfo& (*info)();  // with the job's own options only
  // Errors: kInvalidArgument for options that contradict each other.
  std::function<Result<std::unique_ptr<Job>>(const OptionValues& options, const JobTools& tools)>
      make;
};

// The jobs of this build, in the order of list_jobs().
std::span<const JobEntry> job_entries();

// Null when there is no such job among them.
const JobEntry* find_job_entry(std::span<const JobEntry> jobs, std::string_view name);

// "no job named 'prepar' (did you mean 'prepare'?)".
std::unexpected<Status> complain_of_job(std::span<const JobEntry> jobs, std::string_view name);

// The job's own options and those of every job, such as `where`.
std::vector<OptionSpec> options_of(const JobInfo& info);

}  // namespace imagemill
