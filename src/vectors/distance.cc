// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "vectors/distance.h"

#include <array>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "base/half.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vectors/distance.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway asks.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace imagemill::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;

HWY_INLINE hn::Vec<D> load(D d, const float* p) { return hn::LoadU(d, p); }
HWY_INLINE hn::Vec<D> load(D d, const uint16_t* p) {
  const hn::Rebind<hwy::float16_t, D> dh;
  return hn::PromoteTo(d, hn::LoadU(dh, reinterpret_cast<const hwy::float16_t*>(p)));
}
HWY_INLINE float value(float x) { return x; }
HWY_INLINE float value(uint16_t half) { return half_to_float(half); }

struct Product {
  template <class V>
  HWY_INLINE V operator()(V a, V b, V sum) const {
    return hn::MulAdd(a, b, sum);
  }
  float operator()(float a, float b) const { return a * b; }
};
struct SquaredDifference {
  template <class V>
  HWY_INLINE V operator()(V a, V b, V sum) const {
    const V difference = hn::Sub(a, b);
    return hn::MulAdd(difference, difference, sum);
  }
  float operator()(float a, float b) const { return (a - b) * (a - b); }
};

// Four sums hide the latency of the additions.
template <class Op, typename T>
HWY_INLINE float reduce(const Op& op, const float* a, const T* b, size_t n) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    s0 = op(load(d, a + i), load(d, b + i), s0);
    s1 = op(load(d, a + i + lanes), load(d, b + i + lanes), s1);
    s2 = op(load(d, a + i + 2 * lanes), load(d, b + i + 2 * lanes), s2);
    s3 = op(load(d, a + i + 3 * lanes), load(d, b + i + 3 * lanes), s3);
  }
  for (; i + lanes <= n; i += lanes) s0 = op(load(d, a + i), load(d, b + i), s0);
  float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
  for (; i < n; ++i) sum += op(a[i], value(b[i]));
  return sum;
}

float dot_f32(const float* a, const float* b, size_t n) { return reduce(Product(), a, b, n); }
float dot_f16(const float* a, const uint16_t* b, size_t n) { return reduce(Product(), a, b, n); }
float l2_f32(const float* a, const float* b, size_t n) {
  return reduce(SquaredDifference(), a, b, n);
}
float l2_f16(const float* a, const uint16_t* b, size_t n) {
  return reduce(SquaredDifference(), a, b, n);
}

int32_t dot_i8(const int8_t* a, const int8_t* b, size_t n) {
  int32_t sum = 0;
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<int16_t> d16;
  const hn::Repartition<int32_t, decltype(d16)> d32;
  const hn::Rebind<int8_t, decltype(d16)> d8;
  const size_t lanes = hn::Lanes(d16);
  auto even = hn::Zero(d32), odd = even;
  for (; i + lanes <= n; i += lanes)
    even = hn::ReorderWidenMulAccumulate(d32, hn::PromoteTo(d16, hn::LoadU(d8, a + i)),
                                         hn::PromoteTo(d16, hn::LoadU(d8, b + i)), even, odd);
  sum = hn::GetLane(hn::SumOfLanes(d32, hn::Add(even, odd)));
#endif
  for (; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace imagemill::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace imagemill {

HWY_EXPORT(dot_f32);
HWY_EXPORT(dot_f16);
HWY_EXPORT(l2_f32);
HWY_EXPORT(l2_f16);
HWY_EXPORT(dot_i8);

float dot(std::span<const float> a, std::span<const float> b) {
  IMAGEMILL_DCHECK(a.size() == b.size());
  return HWY_DYNAMIC_DISPATCH(dot_f32)(a.data(), b.data(), a.size());
}
float dot(std::span<const float> a, std::span<const uint16_t> b_half) {
  IMAGEMILL_DCHECK(a.size() == b_half.size());
  return HWY_DYNAMIC_DISPATCH(dot_f16)(a.data(), b_half.data(), a.size());
}
float squared_l2(std::span<const float> a, std::span<const float> b) {
  IMAGEMILL_DCHECK(a.size() == b.size());
  return HWY_DYNAMIC_DISPATCH(l2_f32)(a.data(), b.data(), a.size());
}
float squared_l2(std::span<const float> a, std::span<const uint16_t> b_half) {
  IMAGEMILL_DCHECK(a.size() == b_half.size());
  return HWY_DYNAMIC_DISPATCH(l2_f16)(a.data(), b_half.data(), a.size());
}
int32_t dot(std::span<const int8_t> a, std::span<const int8_t> b) {
  IMAGEMILL_DCHECK(a.size() == b.size());
  return HWY_DYNAMIC_DISPATCH(dot_i8)(a.data(), b.data(), a.size());
}

namespace {

// Eight sums in a fixed order: compilers make vectors of them without changing a bit.
template <typename Term>
double sum_of(size_t n, const Term& term) {
  constexpr size_t kSums = 8;
  std::array<double, kSums> sums{};
  size_t i = 0;
  for (; i + kSums <= n; i += kSums)
    for (size_t lane = 0; lane < kSums; ++lane) sums[lane] += term(i + lane);
  for (size_t lane = 0; i < n; ++i, ++lane) sums[lane] += term(i);
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

}  // namespace

double dot_f64(std::span<const float> a, std::span<const float> b) {
  IMAGEMILL_DCHECK(a.size() == b.size());
  return sum_of(a.size(), [&](size_t i) { return double{a[i]} * b[i]; });
}

double squared_l2_f64(std::span<const float> a, std::span<const float> b) {
  IMAGEMILL_DCHECK(a.size() == b.size());
  return sum_of(a.size(), [&](size_t i) {
    const double difference = double{a[i]} - b[i];
    return difference * difference;
  });
}

double cosine_f64(std::span<const float> a, std::span<const float> b) {
  const double lengths = std::sqrt(dot_f64(a, a)) * std::sqrt(dot_f64(b, b));
  return lengths > 0 ? dot_f64(a, b) / lengths : 0;
}

double normalize(std::span<float> out, std::span<const float> in) {
  const double length = std::sqrt(dot_f64(in, in));
  const double scale = length > 0 ? 1 / length : 0;
  for (size_t i = 0; i < in.size(); ++i) out[i] = static_cast<float>(in[i] * scale);
  return length;
}

}  // namespace imagemill
#endif  // HWY_ONCE
