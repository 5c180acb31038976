// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a run leaves beside its outputs for people and programs: rejects.jsonl, run.json,
// report.html. All made from the store, so that they can be made anew at any time.
#pragma once

#include "engine/output_place.h"
#include "imagemill/engine.h"
#include "jobs/job.h"
#include "store/run_store.h"
#include "telemetry/run_report.h"

namespace imagemill {

// What the store knows (rejects, formats, damage ...) is added to `report`.
Result<> write_run_records(RunReport report, const OutputPlace& place, RunStore& store,
                           FileSystem& fs);

// Gives jobs access to the finished run.
class RunFinishContext final : public FinishContext {
 public:
  RunFinishContext(RunStore& store, Sink& sink, const OutputPlace& place, FileSystem& fs)
      : store_(store), sink_(sink), place_(place), fs_(fs) {}
  RunStore& store() override { return store_; }
  Result<Bytes> read_output(const std::string& path) override;
  Result<> write_output(const std::string& path, ByteSpan bytes) override;

 private:
  RunStore& store_;
  Sink& sink_;
  const OutputPlace& place_;
  FileSystem& fs_;
};

}  // namespace imagemill
