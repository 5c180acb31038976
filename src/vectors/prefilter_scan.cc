// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The lanes of a register are rows, so that sums need not be added up across lanes: a word of 16
// rows is loaded, its 4-bit values are spread over 16-bit lanes, and pairs of them multiplied with
// a pair of the query's. With one query this keeps pace with the memory; with four, what was
// unpacked serves four times.
#include "vectors/prefilter_scan.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vectors/prefilter_scan.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway asks.
#include <hwy/cache_control.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace imagemill::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Weights = PrefilterQuery::Weights;

#if HWY_TARGET != HWY_SCALAR

using D32 = hn::CappedTag<int32_t, kPrefilterGroupRows>;
using V32 = hn::Vec<D32>;
using D16 = hn::Repartition<int16_t, D32>;
using V16 = hn::Vec<D16>;

struct Unpacked {
  V16 v[4];
};

HWY_INLINE Unpacked unpack(const uint32_t* words) {
  const hn::RebindToUnsigned<D16> du;
  const D16 d;
  const auto packed = hn::BitCast(du, hn::LoadU(hn::RebindToUnsigned<D32>(), words));
  const auto mask = hn::Set(du, 15);
  return {{hn::BitCast(d, hn::And(packed, mask)),
           hn::BitCast(d, hn::And(hn::ShiftRight<4>(packed), mask)),
           hn::BitCast(d, hn::And(hn::ShiftRight<8>(packed), mask)),
           hn::BitCast(d, hn::ShiftRight<12>(packed))}};
}

// Sums even and odd lanes apart where the CPU prefers that.
struct Sum {
  V32 even;
  V32 odd;

  HWY_INLINE Sum() : even(hn::Zero(D32())), odd(hn::Zero(D32())) {}
  HWY_INLINE void add(const Unpacked& row, const int32_t* pairs, size_t words, size_t w) {
    const D32 d;
    const D16 d16;
    const auto pair = [&](size_t p)
                          HWY_ATTR { return hn::BitCast(d16, hn::Set(d, pairs[p * words + w])); };
    even = hn::ReorderWidenMulAccumulate(d, row.v[0], pair(0), even, odd);
    even = hn::ReorderWidenMulAccumulate(d, row.v[1], pair(1), even, odd);
    even = hn::ReorderWidenMulAccumulate(d, row.v[2], pair(2), even, odd);
    even = hn::ReorderWidenMulAccumulate(d, row.v[3], pair(3), even, odd);
  }
  HWY_INLINE V32 total() const { return hn::RearrangeToOddPlusEven(even, odd); }
};

// Writes the rows of these lanes that may reach the threshold.
HWY_INLINE ScanHit* report(const PrefilterBlock& block, size_t row, V32 total, const Weights& w,
                           float threshold, ScanHit* hits) {
  const D32 d;
  const hn::RebindToFloat<D32> df;
  const auto sum = hn::Add(total, hn::Set(d, w.bias));
  const auto norm = hn::LoadU(df, block.norm + row);
  const auto approximate =
      hn::Mul(hn::LoadU(df, block.step + row),
              hn::MulAdd(hn::Set(df, w.scale), hn::ConvertTo(df, sum), hn::Set(df, w.offset)));
  const auto error =
      hn::MulAdd(hn::Set(df, w.error), hn::LoadU(df, block.coarse_error + row), approximate);
  const auto bound =
      hn::MulAdd(norm, hn::NegMulAdd(hn::Set(df, w.square), norm, hn::Set(df, w.norm)), error);
  const auto is_out = hn::Lt(bound, hn::Set(df, threshold - w.constant));
  if (HWY_LIKELY(hn::AllTrue(df, is_out))) return hits;

  uint8_t out_bits[8] = {};
  HWY_ALIGN int32_t sums[kPrefilterGroupRows];
  HWY_ALIGN float bounds[kPrefilterGroupRows];
  hn::StoreMaskBits(df, is_out, out_bits);
  hn::Store(sum, d, sums);
  hn::Store(bound, df, bounds);
  for (size_t lane = 0; lane < hn::Lanes(d); ++lane)
    if ((out_bits[lane / 8] >> (lane % 8) & 1) == 0)
      *hits++ = {static_cast<uint32_t>(row + lane), sums[lane], bounds[lane] + w.constant};
  return hits;
}

size_t scan_one(const PrefilterBlock& block, size_t words, const PrefilterQuery& query,
                float threshold, ScanHit* hits) {
  const size_t lanes = hn::Lanes(D32());
  const int32_t* pairs = query.pairs();
  ScanHit* end = hits;
  for (size_t row = 0; row < kPrefilterBlockRows; row += lanes) {
    const uint32_t* upper = block.upper + row / kPrefilterGroupRows * words * kPrefilterGroupRows +
                            row % kPrefilterGroupRows;
    Sum sum;
    for (size_t w = 0; w < words; ++w) {
      // The next group's: CPUs do not look ahead across pages, and a group may well be one. A fifth
      // of the time at 512 dimensions.
      hwy::Prefetch(upper + (w + words) * kPrefilterGroupRows);
      sum.add(unpack(upper + w * kPrefilterGroupRows), pairs, words, w);
    }
    end = report(block, row, sum.total(), query.weights(), threshold, end);
  }
  return static_cast<size_t>(end - hits);
}

void scan_four(const PrefilterBlock& block, size_t words, const PrefilterQuery* const* queries,
               const float* thresholds, ScanHit* const* hits, size_t* hit_counts) {
  const size_t lanes = hn::Lanes(D32());
  ScanHit* end[kScanQueries] = {hits[0], hits[1], hits[2], hits[3]};
  for (size_t row = 0; row < kPrefilterBlockRows; row += lanes) {
    const uint32_t* upper = block.upper + row / kPrefilterGroupRows * words * kPrefilterGroupRows +
                            row % kPrefilterGroupRows;
    Sum s0, s1, s2, s3;
    for (size_t w = 0; w < words; ++w) {
      hwy::Prefetch(upper + (w + words) * kPrefilterGroupRows);
      const Unpacked unpacked = unpack(upper + w * kPrefilterGroupRows);
      s0.add(unpacked, queries[0]->pairs(), words, w);
      s1.add(unpacked, queries[1]->pairs(), words, w);
      s2.add(unpacked, queries[2]->pairs(), words, w);
      s3.add(unpacked, queries[3]->pairs(), words, w);
    }
    // Not in a loop: sums whose address is taken would live in memory.
    end[0] = report(block, row, s0.total(), queries[0]->weights(), thresholds[0], end[0]);
    end[1] = report(block, row, s1.total(), queries[1]->weights(), thresholds[1], end[1]);
    end[2] = report(block, row, s2.total(), queries[2]->weights(), thresholds[2], end[2]);
    end[3] = report(block, row, s3.total(), queries[3]->weights(), thresholds[3], end[3]);
  }
  for (size_t q = 0; q < kScanQueries; ++q) hit_counts[q] = static_cast<size_t>(end[q] - hits[q]);
}

#endif  // HWY_TARGET != HWY_SCALAR

// Of query * lower, one row.
int64_t lower_sum(const uint32_t* lower, size_t words, const int32_t* pairs) {
  int64_t total = 0;
  size_t w = 0;
#if HWY_TARGET != HWY_SCALAR
  const D32 d;
  const D16 d16;
  Sum sum;
  for (; w + hn::Lanes(d) <= words; w += hn::Lanes(d)) {
    const Unpacked unpacked = unpack(lower + w);
    for (size_t p = 0; p < 4; ++p)
      sum.even = hn::ReorderWidenMulAccumulate(
          d, unpacked.v[p], hn::BitCast(d16, hn::LoadU(d, pairs + p * words + w)), sum.even,
          sum.odd);
  }
  total = hn::GetLane(hn::SumOfLanes(d, hn::Add(sum.even, sum.odd)));
#endif
  for (; w < words; ++w) total += word_product(lower[w], pairs + w, words);
  return total;
}

#if HWY_TARGET == HWY_SCALAR

size_t scan_one(const PrefilterBlock& block, size_t words, const PrefilterQuery& query,
                float threshold, ScanHit* hits) {
  return scan_block_ref(block, words, query, threshold, hits);
}

void scan_four(const PrefilterBlock& block, size_t words, const PrefilterQuery* const* queries,
               const float* thresholds, ScanHit* const* hits, size_t* hit_counts) {
  for (size_t q = 0; q < kScanQueries; ++q)
    hit_counts[q] = scan_block_ref(block, words, *queries[q], thresholds[q], hits[q]);
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace imagemill::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace imagemill {

HWY_EXPORT(scan_one);
HWY_EXPORT(scan_four);
HWY_EXPORT(lower_sum);

size_t scan_block(const Prefilter& prefilter, size_t block, const PrefilterQuery& query,
                  float threshold, ScanHit* hits) {
  return HWY_DYNAMIC_DISPATCH(scan_one)(prefilter.block(block), prefilter.words(), query, threshold,
                                        hits);
}

void scan_block(const Prefilter& prefilter, size_t block,
                const std::array<const PrefilterQuery*, kScanQueries>& queries,
                const std::array<float, kScanQueries>& thresholds,
                const std::array<ScanHit*, kScanQueries>& hits,
                std::array<size_t, kScanQueries>& hit_counts) {
  HWY_DYNAMIC_DISPATCH(scan_four)
  (prefilter.block(block), prefilter.words(), queries.data(), thresholds.data(), hits.data(),
   hit_counts.data());
}

RankBounds rank_bounds(const Prefilter& prefilter, size_t block, const PrefilterQuery& query,
                       const ScanHit& hit) {
  const PrefilterBlock rows = prefilter.block(block);
  const size_t words = prefilter.words();
  const int64_t sum =
      16 * int64_t{hit.sum} +
      HWY_DYNAMIC_DISPATCH(lower_sum)(rows.lower + hit.row * words, words, query.pairs());
  const PrefilterQuery::Weights& w = query.weights();
  const float norm = rows.norm[hit.row];
  const float approximate = rows.step[hit.row] * (w.scale / 16) * static_cast<float>(sum);
  const float error = w.error * rows.fine_error[hit.row] + w.norm * norm + w.constant;
  return {approximate - error - w.lower_square * norm * norm,
          approximate + error - w.square * norm * norm};
}

}  // namespace imagemill
#endif  // HWY_ONCE
