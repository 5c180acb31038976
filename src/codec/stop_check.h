// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "codec/codec.h"
#include "imagemill/cancel.h"

namespace imagemill {

// Whether a decode has to end before it is done, for the loops of codecs: a row or a tile a
// question. Made when the decode begins. Trivial to destroy: libraries may jump over it.
class StopCheck {
 public:
  explicit StopCheck(const DecodeRequest& request)
      : seconds_(request.limits.max_seconds),
        deadline_(Clock::now() + std::chrono::duration<double>(seconds_)),
        cancel_(request.cancel) {}

  // Once true, always true.
  bool is_due() {
    is_cancelled_ |= cancel_ != nullptr && cancel_->is_requested();
    is_late_ |= Clock::now() > deadline_;
    return is_cancelled_ || is_late_;
  }
  // What is_due() has found.
  bool has_stopped() const { return is_cancelled_ || is_late_; }
  std::unexpected<Status> failure(std::string_view format) const {
    if (is_cancelled_) return fail(Code::kCancelled, "{}: stopped on request", format);
    return fail(Code::kResourceExhausted, "{}: not decoded within {} s (--limit-seconds)", format,
                seconds_);
  }

 private:
  using Clock = std::chrono::steady_clock;

  double seconds_;
  std::chrono::time_point<Clock, std::chrono::duration<double>> deadline_;
  const CancelToken* cancel_;
  bool is_cancelled_ = false;
  bool is_late_ = false;
};

}  // namespace imagemill
