// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "engine/run_inputs.h"
#include "imagemill/dedupe.h"

namespace imagemill {

struct DuplicatePlaces {
  std::string output;        // the folder of kMove
  std::string journal;       // a file; lines are added to it
  std::string trash_folder;  // see DedupeSpec
  uint64_t file_bytes_max = uint64_t{1} << 30;
};

struct DuplicateWork {
  std::vector<DuplicateStep> steps;  // in the order of the findings
  std::optional<Status> stopped;     // why the rest was not reached: the journal, or kCancelled
  bool has_journal = false;          // something was written into it
};

// What is to be done with each copy; with `apply` it is done. Killed at any point, every picture is
// where it was, or where the journal says it is, or a link to the same bytes stands in its place.
DuplicateWork act_on_duplicates(const DuplicateFindings& findings, DuplicateAction action,
                                bool apply, const RunInputs& inputs, const DuplicatePlaces& places,
                                FileSystem& fs, const CancelToken& cancel);

}  // namespace imagemill
