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

}  // namespace imagemill
