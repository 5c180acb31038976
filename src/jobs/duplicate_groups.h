// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// From the rows of `dedupe` (and `embed`) to groups of pictures that show the same.
#pragma once

#include <functional>
#include <string_view>

#include "imagemill/cancel.h"
#include "imagemill/dedupe.h"
#include "imagemill/job.h"
#include "jobs/duplicate_candidates.h"
#include "store/run_store.h"

namespace imagemill {

struct DuplicateOptions {
  bool by_hash = true;
  int radius = 10;        // bits
  bool mirrored = false;  // copies that are mirrored count
  bool rotated = false;   // and those turned by quarters; with `mirrored` both at once
  bool by_embedding = false;
  double threshold = 0.9;  // least cosine
  KeepRule keep = KeepRule::kBest;
};

// Of the job's options.
DuplicateOptions duplicate_options(const OptionValues& options);

// Takes the pictures from the best to the worst (`keep`): each that is in no group yet gathers what
// is near to itself. So chains of small differences cannot bring unlike pictures together, and the
// result depends on the rows alone. Pictures of one colour have hashes of noise: only equal bytes
// count. `is_wanted` says which keys take part. Memory: about 70 bytes a picture, 130 with turned
// ones, 450 more for each that is near to another, and what vectors take. kCancelled within a
// second of the request.
Result<DuplicateFindings> find_duplicates(
    RunStore& store, const DuplicateOptions& options,
    const std::function<bool(std::string_view key)>& is_wanted, const CancelToken& cancel);

}  // namespace imagemill
