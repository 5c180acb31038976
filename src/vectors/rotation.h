// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace imagemill {

// An orthogonal transform of vectors, made of random signs and Walsh-Hadamard transforms: lengths
// and dot products stay, and what sat in a few dimensions is spread over all of them, so that one
// step size suits a whole row. The same for all vectors of one length, on every machine; its
// result is off by at most kRotationError of the vector's length. O(d log d). Any thread.
class Rotation {
 public:
  explicit Rotation(size_t dims);

  void apply(std::span<float> x) const;  // in place, x.size() == dims

 private:
  size_t power_;  // the largest power of two within dims
  float scale_;   // 1 / sqrt(power_)
  std::vector<float> signs_;
};

// At most 3 * 16 stages of one addition and three roundings more, each 2^-24 of the length: 3.1e-6.
inline constexpr float kRotationError = 5e-6f;

}  // namespace imagemill
