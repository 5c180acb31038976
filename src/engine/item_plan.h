// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the jobs of a run will want of one picture and how much memory that takes, worked out from
// its header before anything is decoded. The same header gives the same plan.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "codec/codec_set.h"
#include "engine/job_plan.h"
#include "jobs/item.h"
#include "jobs/view.h"

namespace imagemill {

// A job's part in the plan.
struct JobShare {
  bool runs = true;                         // false: what the file says of itself rules it out
  size_t picture_of = PlannedJob::kNone;    // whose picture its views are of; kNone: the file's
  ImageHeader header = {};                  // of that picture
  std::optional<ImageHeader> picture = {};  // that it makes, when another job wants it
  std::vector<ViewRequest> views = {};
  std::vector<ViewRequest> late_views = {};
};

struct ItemPlan {
  std::vector<JobShare> jobs;            // parallel to the run's
  std::optional<Size> decode_at_least;   // nullopt: nothing is decoded
  bool thumbnail_will_do = false;        // the one in the file, in place of that decode
  size_t readers = 0;                    // jobs after this many do not need the file's bytes
  uint64_t decoding_bytes = 0;           // most that is held until the picture is decoded
  std::vector<uint64_t> bytes_from;      // most that is held from each job on
  std::vector<uint64_t> bytes_released;  // likewise, once the job has released its pictures

  // Most that is held once the picture is decoded.
  uint64_t jobs_bytes() const { return bytes_from.front(); }
  uint64_t peak_bytes() const { return std::max(decoding_bytes, jobs_bytes()); }
};

// After the item's bytes and header were read. `request` with the run's limits; its size is not
// looked at.
ItemPlan plan_item(std::span<const PlannedJob> jobs, const Item& item, const CodecSet& codecs,
                   DecodeRequest request);

}  // namespace imagemill
