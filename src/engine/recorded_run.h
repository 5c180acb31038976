// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "engine/output_place.h"

namespace imagemill {

// What run.json says of the run that left it, in so far as others go by it. It is rewritten at the
// end of every try; of a run that was killed in its first there is none.
struct RecordedRun {
  std::vector<std::string> inputs;  // as the run was given them
  bool is_complete = false;         // it went through all of them
};

RecordedRun read_recorded_run(const OutputPlace& place, FileSystem& fs);

}  // namespace imagemill
