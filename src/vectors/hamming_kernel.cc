// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "vectors/hamming_kernel.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vectors/hamming_kernel.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway asks.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace imagemill::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

size_t near_pairs_of(const uint64_t* a, size_t a_count, const uint64_t* b, size_t b_count,
                     int radius, TileHit* hits) {
  const hn::CappedTag<uint64_t, kHammingPadding> d;
  const hn::RebindToSigned<decltype(d)> di;  // signed comparisons are the ones that CPUs have
  const size_t lanes = hn::Lanes(d);
  const auto limit = hn::Set(di, radius);
  TileHit* end = hits;
  for (size_t j = 0; j < b_count; j += lanes) {
    const auto vb = hn::LoadU(d, b + j);
    const auto is_there = hn::FirstN(di, b_count - j);
    for (size_t i = 0; i < a_count; ++i) {
      const auto distance = hn::PopulationCount(hn::Xor(hn::Set(d, a[i]), vb));
      const auto is_near = hn::AndNot(hn::Gt(hn::BitCast(di, distance), limit), is_there);
      if (HWY_LIKELY(hn::AllFalse(di, is_near))) continue;
      uint8_t bits[8] = {};
      hn::StoreMaskBits(di, is_near, bits);
      for (size_t lane = 0; lane < lanes; ++lane)
        if ((bits[lane / 8] >> (lane % 8) & 1) != 0)
          *end++ = {static_cast<uint16_t>(i), static_cast<uint16_t>(j + lane)};
    }
  }
  return static_cast<size_t>(end - hits);
}

}  // namespace imagemill::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace imagemill {

HWY_EXPORT(near_pairs_of);

size_t near_pairs(const uint64_t* a, size_t a_count, const uint64_t* b, size_t b_count, int radius,
                  TileHit* hits) {
  return HWY_DYNAMIC_DISPATCH(near_pairs_of)(a, a_count, b, b_count, radius, hits);
}

}  // namespace imagemill
#endif  // HWY_ONCE
