// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What happens to one item: read, decode once, let every job work, hand over to the committer. Each
// function is one stage of the pipeline and may be called from any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "engine/job_plan.h"
#include "engine/result_reuse.h"
#include "engine/run_inputs.h"
#include "imagemill/engine.h"
#include "jobs/output_names.h"
#include "models/network.h"
#include "pipeline/pipeline.h"
#include "sink/sink.h"

namespace imagemill {

enum class OnConflict : uint8_t { kSkip, kOverwrite, kRename };

// Everything the stages share; fixed while the run lasts.
struct StageContext {
  RunInputs& inputs;
  Sink& sink;
  CodecSet codecs{};
  std::vector<PlannedJob> jobs;
  const OutputNames& names;
  const std::unordered_set<std::string>& own_paths;  // written by earlier tries of this run
  OnConflict on_conflict = OnConflict::kSkip;
  FailOn fail_on = FailOn::kNone;
  DecodeLimits limits;
  uint64_t max_file_bytes = 0;
  uint64_t item_bytes_max = 0;  // what one item may hold
  const CancelToken* cancel = nullptr;
  NetworkSet* networks = nullptr;
  ResultReuse* reuse = nullptr;  // null: every job works on every item
  ViewTools tools{};

  DecodeRequest decode_request() const {
    return {.fail_on = fail_on, .limits = limits, .cancel = cancel};
  }

  // Work that was cut off because the run is stopped is no failure of the item: nothing of it is
  // recorded, and the next try does it. A codec's word alone does not stop a run.
  bool is_stopped(const Status& status) const {
    return status.code() == Code::kCancelled && cancel != nullptr && cancel->is_requested();
  }
};

// "a~2.jpg" for "a.jpg", or the first number after that which is free.
std::string numbered_path(const std::string& path,
                          const std::function<bool(const std::string&)>& is_free);

// Bytes, content hash, header; what decoding will take is promised here.
std::optional<StageFailure> read_item(StageContext& context, Item& item);

std::optional<StageFailure> decode_item(StageContext& context, Item& item);

// Returns before the last job is done where one waits for a network: the item is suspended then.
std::optional<StageFailure> run_jobs(StageContext& context, Item& item);

}  // namespace imagemill
