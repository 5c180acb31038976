// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// One factory and one info a job, defined in the job's own file. registry.cc is the only list of
// them.
#pragma once

#include "jobs/job.h"

namespace imagemill {

const JobInfo& prepare_info();
Result<std::unique_ptr<Job>> make_prepare(const OptionValues& options, const CodecSet& codecs);

const JobInfo& thumbs_info();
Result<std::unique_ptr<Job>> make_thumbs(const OptionValues& options, const CodecSet& codecs);

const JobInfo& quality_info();
Result<std::unique_ptr<Job>> make_quality(const OptionValues& options, const CodecSet& codecs);

}  // namespace imagemill
