// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a run is going to do, as far as its words alone say: options checked, jobs made and ordered.
#pragma once

#include <memory>
#include <vector>

#include "engine/job_plan.h"
#include "engine/run_inputs.h"
#include "imagemill/engine.h"
#include "jobs/output_names.h"
#include "jobs/registry.h"

namespace imagemill {

struct RunPlan {
  OptionValues options;
  std::unique_ptr<NetworkSet> networks;  // those that the jobs use
  bool has_networks() const { return !networks->all().empty(); }
  std::vector<PlannedJob> jobs;
  FileFormat format = FileFormat::kUnknown;  // of prepare's outputs, for planning names
  bool with_captions = false;                // text files go along with prepare's outputs
  RunOptions fingerprint;                    // what a resumed run must repeat
};

// `jobs` are those that a run may name. Errors: kInvalidArgument.
Result<RunPlan> plan_run(const RunSpec& spec, std::span<const JobEntry> jobs,
                         const CodecSet& codecs);

// Where things are kept from run to run; "": nowhere.
std::string cache_folder(const OptionValues& options, const UserPlaces& places);

// The networks of a run with these options and places, but for the size of batches.
Result<NetworkSettings> network_settings(const OptionValues& options, const UserPlaces& places);

// As asked, or what the machine offers.
int thread_count(const OptionValues& options);
uint64_t max_memory_bytes(const OptionValues& options);
// Of that, what networks and their batches may take, and what all items in flight may hold together
// and one of them.
uint64_t network_bytes_max(const OptionValues& options);
uint64_t items_bytes_max(const OptionValues& options, bool has_networks);
uint64_t item_bytes_max(const OptionValues& options, bool has_networks);

// Threads that wait for disks.
inline constexpr int kIoThreads = 2;

// What a picture of format `input` becomes, as far as its name goes, when `wanted` is asked for.
FileFormat planned_format(FileFormat wanted, const CodecSet& codecs, FileFormat input);

// How the files of these inputs are named.
OutputNames plan_names(const RunPlan& plan, const RunInputs& inputs, const CodecSet& codecs);

}  // namespace imagemill
