// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace imagemill {

// How fast a run works and when it will be over.
//
// Only items that were worked on (done or failed, by this try) count towards the rate: a thousand
// items skipped in an instant say nothing about the next one. The remaining time takes what is left
// as work, so skips ahead can only shorten it.
class RateEstimator {
 public:
  RateEstimator(int64_t items_total, int64_t items_resumed)
      : items_total_(items_total), worked_(0), items_resumed_(items_resumed) {}

  // Counters as in RunProgress (`done` includes the resumed); `seconds` never goes back.
  void update(double seconds, int64_t done, int64_t failed, int64_t skipped);

  double items_per_second() const { return recent_.rate(); }
  double eta_seconds() const;  // -1: not known yet

 private:
  // Exponentially weighted over time, exact from the first interval on: the weights are normalised
  // by what they sum to.
  class DecayingRate {
   public:
    explicit DecayingRate(double time_constant) : time_constant_(time_constant) {}
    void add(double items, double seconds);
    double rate() const { return seconds_ > 0 ? items_ / seconds_ : 0; }

   private:
    double time_constant_;
    double items_ = 0;
    double seconds_ = 0;
  };

  int64_t items_total_;
  int64_t worked_;
  int64_t items_resumed_;
  int64_t remaining_ = -1;
  double seconds_ = 0;
  DecayingRate recent_{5};
  DecayingRate steady_{30};  // the remaining time should not dance
};

}  // namespace imagemill
