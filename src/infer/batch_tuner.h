// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Which batch is fastest, found out on the work itself: batches of 1, 2, 4 ... are formed in turn
// until larger ones bring nothing, then the best is kept. Some networks are slower in batches on a
// CPU, so nothing is taken for granted, and what was best is put to the test again now and then.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

namespace imagemill {

struct BatchTiming {
  int batch = 1;
  double seconds_per_item = 0;  // the best of its runs
  int runs = 0;
};

// The smallest batch that is at most 10 % slower than the fastest: a larger one takes more memory,
// waits longer and leaves more to one core at the end, for what a run may not show. 0 of none.
int worthwhile_batch(std::span<const BatchTiming> timings);

// Not locked: its owner calls it under a lock of its own.
class BatchTuner {
 public:
  // Between 1 and `most`. `known`: what an earlier run found out, tried first, then against half
  // and twice of it: it may have been a chance finding.
  explicit BatchTuner(int most, std::optional<int> known = std::nullopt);
  // Always this one.
  static BatchTuner fixed(int batch);

  // How large the next batch should be.
  int next() const { return next_; }

  // A batch took so long while as many runs as now were under way. Batches cut short count for
  // their own size only when that is the one asked for.
  void record(int batch, double seconds);

  // The device has no memory for `batch`: no more than half of it from now on.
  void refuse(int batch);

  // The best; nullopt while too little is known to be worth remembering, or where a lack of memory
  // that may be over by the next run decided.
  std::optional<int> best() const;
  bool is_settled() const { return is_settled_; }
  std::vector<BatchTiming> timings() const;

 private:
  void choose();
  void doubt();
  void settle(int batch);

  std::map<int, BatchTiming> timings_;
  int most_ = 1;
  int next_ = 1;
  std::vector<int> candidates_;  // a size and its neighbours; none: sizes are doubled
  std::vector<int> to_try_;      // of them
  std::optional<int> best_;
  bool is_fixed_ = false;
  bool is_refused_ = false;
  bool is_settled_ = false;
};

}  // namespace imagemill
