// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// How fast a network is in batches of each size, under the load that a run of the program makes:
// as many batches at once, each on a thread of its own. Sizes take turns, so that a machine that
// gets slower meanwhile does not make one of them look slow.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "imagemill/cancel.h"
#include "infer/session.h"

namespace imagemill {

struct BatchMeterSettings {
  std::vector<int> batches;  // ascending
  int runs_at_once = 1;
  double seconds = 10;  // of timed work, all sizes together; each is timed three times at least
  Shape input_row;      // of one row, without the batch dimension
  std::vector<size_t> outputs;  // positions in the model's signature
  // Asked after the first runs of each size; null: memory is not looked at.
  std::function<uint64_t()> resident_bytes;
  // A size that is about to need more, going by those before it, is not tried; 0: no bound.
  uint64_t resident_bytes_max = 0;
};

struct BatchMeasurement {
  int batch = 1;
  double run_seconds = 0;      // of one batch while others run too: the median
  double rows_per_second = 0;  // of all runs at once: the median
  int64_t runs = 0;            // that were timed
  uint64_t resident_bytes = 0;
  std::string problem;  // why it could not be measured; "": it could
};

struct BatchMeasurements {
  std::vector<BatchMeasurement> sizes;  // as asked
  bool is_whole = true;                 // false: cancelled
};

// The input is random, from a fixed seed. A size that fails has its `problem`; after one that is
// too large for the memory no larger one is tried. Errors: kUnsupported for an input that is no
// picture.
Result<BatchMeasurements> measure_batches(ModelRunner& model, const BatchMeterSettings& settings,
                                          const CancelToken& cancel);

}  // namespace imagemill
