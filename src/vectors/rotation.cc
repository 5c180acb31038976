// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "vectors/rotation.h"

#include <bit>
#include <cmath>
#include <cstdint>

#include "base/check.h"

namespace imagemill {
namespace {

// splitmix64: the same bits from every compiler.
uint64_t next_random(uint64_t& state) {
  uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

// size is a power of two.
void walsh_hadamard(float* x, size_t size) {
  for (size_t half = 1; half < size; half *= 2)
    for (size_t begin = 0; begin < size; begin += 2 * half)
      for (size_t i = begin; i < begin + half; ++i) {
        const float a = x[i], b = x[i + half];
        x[i] = a + b;
        x[i + half] = a - b;
      }
}

}  // namespace

Rotation::Rotation(size_t dims)
    : power_(std::bit_floor(dims)),
      scale_(static_cast<float>(1 / std::sqrt(static_cast<double>(power_)))),
      signs_(dims) {
  uint64_t state = dims;
  for (float& sign : signs_) sign = (next_random(state) >> 63) != 0 ? -1.0f : 1.0f;
}

void Rotation::apply(std::span<float> x) const {
  IMAGEMILL_DCHECK(x.size() == signs_.size());
  // A length that is no power of two: the first and the last power_ dimensions in turns.
  const size_t rounds = x.size() == power_ ? 1 : 3;
  for (size_t round = 0; round < rounds; ++round) {
    const size_t begin = round == 1 ? x.size() - power_ : 0;
    for (size_t i = begin; i < begin + power_; ++i) x[i] *= signs_[i] * scale_;
    walsh_hadamard(x.data() + begin, power_);
  }
}

}  // namespace imagemill
