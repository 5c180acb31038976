// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Filtering reads unfiltered neighbours only, so all bytes of a row are independent and the vector
// code is the scalar code on more lanes. Costs and filtering are two passes: five sums fit the
// registers, five filtered rows would be five stores a byte of which four are thrown away.
#include "codec/png_filter.h"

#include <cstdlib>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/png_filter.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway asks.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace imagemill {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<uint8_t>;
using V = hn::Vec<D>;

V abs_difference(V a, V b) { return hn::Or(hn::SaturatedSub(a, b), hn::SaturatedSub(b, a)); }

// (a + b) / 2 rounded down; the hardware's average rounds up.
V average(V a, V b) {
  const D d;
  return hn::Sub(hn::AverageRound(a, b), hn::And(hn::Xor(a, b), hn::Set(d, 1)));
}

// With p = left + up - corner, the distances are |p - left| = |up - corner|, |p - up| = |left -
// corner| and |p - corner| = |(up - corner) + (left - corner)|. The last is the difference of the
// other two when they have opposite signs; otherwise their sum, which is at least either of them,
// so saturating at 255 keeps every comparison right and bytes are wide enough.
V paeth(V left, V up, V corner) {
  const V distance_left = abs_difference(up, corner);
  const V distance_up = abs_difference(left, corner);
  const auto up_above = hn::Eq(hn::Max(up, corner), up);
  const auto left_above = hn::Eq(hn::Max(left, corner), left);
  const auto same_sign = hn::Not(hn::Xor(up_above, left_above));
  const V distance_corner = hn::IfThenElse(same_sign, hn::SaturatedAdd(distance_left, distance_up),
                                           abs_difference(distance_left, distance_up));
  const V smallest = hn::Min(distance_left, hn::Min(distance_up, distance_corner));
  return hn::IfThenElse(hn::Eq(distance_left, smallest), left,
                        hn::IfThenElse(hn::Eq(distance_up, smallest), up, corner));
}

// |v| of v as a signed byte; 128 stays 128.
V magnitude(V v) {
  const D d;
  return hn::Min(v, hn::Sub(hn::Zero(d), v));
}

void filter_costs(uint64_t* costs, const PngRow& in) {
  const D d;
  const hn::ScalableTag<uint64_t> d64;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  auto none = hn::Zero(d64), sub = none, up_sum = none, avg = none, pth = none;
  for (; i + lanes <= in.bytes; i += lanes) {
    const V x = hn::LoadU(d, in.row + i);
    const V left = hn::LoadU(d, in.row + i - in.pixel_bytes);
    const V up = hn::LoadU(d, in.above + i);
    const V corner = hn::LoadU(d, in.above + i - in.pixel_bytes);
    none = hn::Add(none, hn::SumsOf8(magnitude(x)));
    sub = hn::Add(sub, hn::SumsOf8(magnitude(hn::Sub(x, left))));
    up_sum = hn::Add(up_sum, hn::SumsOf8(magnitude(hn::Sub(x, up))));
    avg = hn::Add(avg, hn::SumsOf8(magnitude(hn::Sub(x, average(left, up)))));
    pth = hn::Add(pth, hn::SumsOf8(magnitude(hn::Sub(x, paeth(left, up, corner)))));
  }
  costs[0] = hn::GetLane(hn::SumOfLanes(d64, none));
  costs[1] = hn::GetLane(hn::SumOfLanes(d64, sub));
  costs[2] = hn::GetLane(hn::SumOfLanes(d64, up_sum));
  costs[3] = hn::GetLane(hn::SumOfLanes(d64, avg));
  costs[4] = hn::GetLane(hn::SumOfLanes(d64, pth));
#else
  (void)d;
  (void)d64;
  (void)lanes;
  for (int f = 0; f < kPngRowFilters; ++f) costs[f] = 0;
#endif
  const PngFilterCosts rest =
      png_filter_costs_ref({in.row + i, in.above + i, in.bytes - i, in.pixel_bytes});
  for (size_t f = 0; f < rest.size(); ++f) costs[f] += rest[f];
}

void filter_row(uint8_t* out, PngRowFilter filter, const PngRow& in) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  const auto each = [&](auto predict) {
    for (; i + lanes <= in.bytes; i += lanes)
      hn::StoreU(hn::Sub(hn::LoadU(d, in.row + i), predict(i)), d, out + i);
  };
  const auto left = [&](size_t at) { return hn::LoadU(d, in.row + at - in.pixel_bytes); };
  const auto up = [&](size_t at) { return hn::LoadU(d, in.above + at); };
  switch (filter) {
    case PngRowFilter::kNone:
      std::memcpy(out, in.row, in.bytes);
      return;
    case PngRowFilter::kSub:
      each(left);
      break;
    case PngRowFilter::kUp:
      each(up);
      break;
    case PngRowFilter::kAverage:
      each([&](size_t at) { return average(left(at), up(at)); });
      break;
    case PngRowFilter::kPaeth:
      each([&](size_t at) {
        return paeth(left(at), up(at), hn::LoadU(d, in.above + at - in.pixel_bytes));
      });
      break;
  }
  png_filter_row_ref(out + i, filter, {in.row + i, in.above + i, in.bytes - i, in.pixel_bytes});
}

}  // namespace HWY_NAMESPACE
}  // namespace imagemill
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace imagemill {
namespace {

HWY_EXPORT(filter_costs);
HWY_EXPORT(filter_row);

uint8_t predicted(PngRowFilter filter, int left, int up, int corner) {
  switch (filter) {
    case PngRowFilter::kNone:
      return 0;
    case PngRowFilter::kSub:
      return static_cast<uint8_t>(left);
    case PngRowFilter::kUp:
      return static_cast<uint8_t>(up);
    case PngRowFilter::kAverage:
      return static_cast<uint8_t>((left + up) / 2);
    case PngRowFilter::kPaeth:
      break;
  }
  const int p = left + up - corner;
  const int to_left = std::abs(p - left), to_up = std::abs(p - up);
  const int to_corner = std::abs(p - corner);
  if (to_left <= to_up && to_left <= to_corner) return static_cast<uint8_t>(left);
  return static_cast<uint8_t>(to_up <= to_corner ? up : corner);
}

uint8_t filtered(PngRowFilter filter, const PngRow& in, size_t i) {
  // Signed: left of the first pixel lies the margin.
  const auto at = static_cast<ptrdiff_t>(i), left = at - static_cast<ptrdiff_t>(in.pixel_bytes);
  return static_cast<uint8_t>(in.row[at] -
                              predicted(filter, in.row[left], in.above[at], in.above[left]));
}

}  // namespace

PngFilterCosts png_filter_costs_ref(const PngRow& row) {
  PngFilterCosts costs{};
  for (size_t f = 0; f < costs.size(); ++f)
    for (size_t i = 0; i < row.bytes; ++i) {
      const int v = filtered(static_cast<PngRowFilter>(f), row, i);
      costs[f] += static_cast<uint64_t>(v < 128 ? v : 256 - v);
    }
  return costs;
}

void png_filter_row_ref(uint8_t* out, PngRowFilter filter, const PngRow& row) {
  for (size_t i = 0; i < row.bytes; ++i) out[i] = filtered(filter, row, i);
}

PngFilterCosts png_filter_costs(const PngRow& row) {
  PngFilterCosts costs{};
  HWY_DYNAMIC_DISPATCH(filter_costs)(costs.data(), row);
  return costs;
}

void png_filter_row(uint8_t* out, PngRowFilter filter, const PngRow& row) {
  HWY_DYNAMIC_DISPATCH(filter_row)(out, filter, row);
}

}  // namespace imagemill
#endif  // HWY_ONCE
