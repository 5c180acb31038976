// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "engine/item_stages.h"
#include "engine/output_place.h"
#include "telemetry/run_report.h"

namespace imagemill {

// A JPEG of at most `side` pixels of what the file holds, upright, and what it is.
Result<SamplePicture> small_picture(StageContext& context, ByteSpan bytes, int side);

// A few originals beside what became of them, small enough for the report: evenly picked from the
// run's items. Pictures that cannot be read again (archives as output, sequential sources) are left
// out.
std::vector<Sample> take_samples(StageContext& context, std::span<RankedEntry* const> work,
                                 RunStore& store, const OutputPlace& place, FileSystem& fs);

}  // namespace imagemill
