// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/rows.h"

#include <algorithm>
#include <cstring>

#include "base/half.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rows.cc"
#include <hwy/foreach_target.h>
// Highway asks for this order.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace imagemill {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// body(d, i) works on Lanes(d) floats from i on: whole vectors first, then single lanes.
template <class Body>
HWY_INLINE void for_each_vector(size_t n, const Body& body) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) body(d, i);
  for (; i < n; ++i) body(one, i);
}

template <class D, class T>
HWY_INLINE hn::Vec<D> load_integers(D d, const T* in) {
  const hn::Rebind<T, D> narrow;
  const hn::Rebind<int32_t, D> wide;
  return hn::ConvertTo(d, hn::PromoteTo(wide, hn::LoadU(narrow, in)));
}

template <class D>
HWY_INLINE hn::Vec<D> clamp01(D d, hn::Vec<D> v) {
  const auto zero = hn::Zero(d);
  return hn::Min(hn::IfThenElseZero(hn::Gt(v, zero), v), hn::Set(d, 1.0f));
}

template <class D, class T>
HWY_INLINE void store_integers(D d, hn::Vec<D> v, float white, T* out) {
  const hn::Rebind<T, D> narrow;
  const hn::Rebind<int32_t, D> wide;
  const auto scaled =
      hn::Add(hn::Mul(clamp01(d, v), hn::Set(d, white)), hn::Set(d, 0.5f));  // truncated below
  hn::StoreU(hn::DemoteTo(narrow, hn::ConvertTo(wide, scaled)), narrow, out);
}

template <class T>
void load_row(const T* HWY_RESTRICT in, float white, float* HWY_RESTRICT out, size_t n) {
  for_each_vector(n, [=](auto d, size_t i) HWY_ATTR {
    hn::StoreU(hn::Div(load_integers(d, in + i), hn::Set(d, white)), d, out + i);
  });
}

void load_u8(const uint8_t* in, float* out, size_t n) { load_row(in, 255.0f, out, n); }
void load_u16(const uint16_t* in, float white, float* out, size_t n) {
  load_row(in, white, out, n);
}

void store_u8(const float* HWY_RESTRICT in, uint8_t* HWY_RESTRICT out, size_t n) {
  for_each_vector(n, [=](auto d, size_t i)
                         HWY_ATTR { store_integers(d, hn::LoadU(d, in + i), 255.0f, out + i); });
}
void store_u16(const float* HWY_RESTRICT in, uint16_t* HWY_RESTRICT out, size_t n) {
  for_each_vector(n, [=](auto d, size_t i)
                         HWY_ATTR { store_integers(d, hn::LoadU(d, in + i), 65535.0f, out + i); });
}

void clamp(float* row, size_t n) {
  for_each_vector(n, [=](auto d, size_t i)
                         HWY_ATTR { hn::StoreU(clamp01(d, hn::LoadU(d, row + i)), d, row + i); });
}

void add_value(float* row, float value, size_t n) {
  for_each_vector(n, [=](auto d, size_t i) HWY_ATTR {
    hn::StoreU(hn::Add(hn::LoadU(d, row + i), hn::Set(d, value)), d, row + i);
  });
}

void add(float* HWY_RESTRICT sum, const float* HWY_RESTRICT row, size_t n) {
  for_each_vector(n, [=](auto d, size_t i) HWY_ATTR {
    hn::StoreU(hn::Add(hn::LoadU(d, sum + i), hn::LoadU(d, row + i)), d, sum + i);
  });
}

void premultiply(float* HWY_RESTRICT row, const float* HWY_RESTRICT alpha, float zero, size_t n) {
  for_each_vector(n, [=](auto d, size_t i) HWY_ATTR {
    const auto above = hn::Sub(hn::LoadU(d, row + i), hn::Set(d, zero));
    hn::StoreU(hn::Mul(above, hn::LoadU(d, alpha + i)), d, row + i);
  });
}

void unpremultiply(float* HWY_RESTRICT row, const float* HWY_RESTRICT alpha, float zero, size_t n) {
  constexpr float kInvisible = 0.5f / 65535.0f;
  for_each_vector(n, [=](auto d, size_t i) HWY_ATTR {
    const auto a = hn::LoadU(d, alpha + i);
    const auto quotient = hn::Div(hn::LoadU(d, row + i), a);
    const auto seen = hn::IfThenElseZero(hn::Gt(a, hn::Set(d, kInvisible)), quotient);
    hn::StoreU(hn::Add(seen, hn::Set(d, zero)), d, row + i);
  });
}

void ycbcr_to_rgb(float* HWY_RESTRICT y, float* HWY_RESTRICT cb, float* HWY_RESTRICT cr, float kr,
                  float kb, float zero, size_t n) {
  const float kg = 1.0f - kr - kb;
  const float red_cr = 2.0f * (1.0f - kr);
  const float blue_cb = 2.0f * (1.0f - kb);
  const float green_cr = red_cr * kr / kg;
  const float green_cb = blue_cb * kb / kg;
  for_each_vector(n, [=](auto d, size_t i) HWY_ATTR {
    const auto luma = hn::LoadU(d, y + i);
    const auto u = hn::Sub(hn::LoadU(d, cb + i), hn::Set(d, zero));
    const auto v = hn::Sub(hn::LoadU(d, cr + i), hn::Set(d, zero));
    hn::StoreU(hn::Add(luma, hn::Mul(v, hn::Set(d, red_cr))), d, y + i);
    const auto less_blue = hn::Sub(luma, hn::Mul(u, hn::Set(d, green_cb)));
    hn::StoreU(hn::Sub(less_blue, hn::Mul(v, hn::Set(d, green_cr))), d, cb + i);
    hn::StoreU(hn::Add(luma, hn::Mul(u, hn::Set(d, blue_cb))), d, cr + i);
  });
}

void rgb_to_ycbcr(float* HWY_RESTRICT r, float* HWY_RESTRICT g, float* HWY_RESTRICT b, float kr,
                  float kb, size_t n) {
  const float kg = 1.0f - kr - kb;
  const float to_cb = 0.5f / (1.0f - kb);
  const float to_cr = 0.5f / (1.0f - kr);
  for_each_vector(n, [=](auto d, size_t i) HWY_ATTR {
    const auto red = hn::LoadU(d, r + i);
    const auto blue = hn::LoadU(d, b + i);
    const auto red_green =
        hn::Add(hn::Mul(red, hn::Set(d, kr)), hn::Mul(hn::LoadU(d, g + i), hn::Set(d, kg)));
    const auto luma = hn::Add(red_green, hn::Mul(blue, hn::Set(d, kb)));
    hn::StoreU(luma, d, r + i);
    hn::StoreU(hn::Mul(hn::Sub(blue, luma), hn::Set(d, to_cb)), d, g + i);
    hn::StoreU(hn::Mul(hn::Sub(red, luma), hn::Set(d, to_cr)), d, b + i);
  });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace imagemill
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace imagemill {

HWY_EXPORT(load_u8);
HWY_EXPORT(load_u16);
HWY_EXPORT(store_u8);
HWY_EXPORT(store_u16);
HWY_EXPORT(clamp);
HWY_EXPORT(add_value);
HWY_EXPORT(add);
HWY_EXPORT(premultiply);
HWY_EXPORT(unpremultiply);
HWY_EXPORT(ycbcr_to_rgb);
HWY_EXPORT(rgb_to_ycbcr);

namespace {
constexpr float kFrac8White = 255.0f * 256.0f;
}  // namespace

void load_row_f32(const void* in, SampleType type, float* out, size_t n) {
  const auto* const u16 = static_cast<const uint16_t*>(in);
  switch (type) {
    case SampleType::kU8:
      HWY_DYNAMIC_DISPATCH(load_u8)(static_cast<const uint8_t*>(in), out, n);
      return;
    case SampleType::kU16:
      HWY_DYNAMIC_DISPATCH(load_u16)(u16, 65535.0f, out, n);
      return;
    case SampleType::kF16:
      std::transform(u16, u16 + n, out, half_to_float);
      return;
    case SampleType::kF32:
      std::memcpy(out, in, n * sizeof(float));
      return;
  }
}

void store_row_f32(const float* in, SampleType type, void* out, size_t n) {
  switch (type) {
    case SampleType::kU8:
      HWY_DYNAMIC_DISPATCH(store_u8)(in, static_cast<uint8_t*>(out), n);
      return;
    case SampleType::kU16:
      HWY_DYNAMIC_DISPATCH(store_u16)(in, static_cast<uint16_t*>(out), n);
      return;
    case SampleType::kF16:
      std::transform(in, in + n, static_cast<uint16_t*>(out), float_to_half);
      return;
    case SampleType::kF32:
      std::memcpy(out, in, n * sizeof(float));
      return;
  }
}

void load_row_frac8(const uint16_t* in, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(load_u16)(in, kFrac8White, out, n);
}

void store_row_frac8(const uint16_t* in, SampleType type, void* out, size_t n) {
  switch (type) {
    case SampleType::kU8: {
      auto* const to = static_cast<uint8_t*>(out);
      for (size_t i = 0; i < n; ++i)
        to[i] = static_cast<uint8_t>(std::min((in[i] + 128) >> 8, 255));
      return;
    }
    case SampleType::kU16: {
      auto* const to = static_cast<uint16_t*>(out);
      for (size_t i = 0; i < n; ++i)  // v / 256 * 257, rounded
        to[i] = static_cast<uint16_t>(std::min(in[i] + ((in[i] + 128) >> 8), 65535));
      return;
    }
    case SampleType::kF16: {
      auto* const to = static_cast<uint16_t*>(out);
      for (size_t i = 0; i < n; ++i)
        to[i] = float_to_half(std::min(static_cast<float>(in[i]) / kFrac8White, 1.0f));
      return;
    }
    case SampleType::kF32: {
      auto* const to = static_cast<float*>(out);
      HWY_DYNAMIC_DISPATCH(load_u16)(in, kFrac8White, to, n);
      HWY_DYNAMIC_DISPATCH(clamp)(to, n);
      return;
    }
  }
}

void clamp_row(float* row, size_t n) { HWY_DYNAMIC_DISPATCH(clamp)(row, n); }
void add_to_row(float* row, float value, size_t n) {
  HWY_DYNAMIC_DISPATCH(add_value)(row, value, n);
}
void add_rows(float* sum, const float* row, size_t n) { HWY_DYNAMIC_DISPATCH(add)(sum, row, n); }
void premultiply_row(float* row, const float* alpha, float zero, size_t n) {
  HWY_DYNAMIC_DISPATCH(premultiply)(row, alpha, zero, n);
}
void unpremultiply_row(float* row, const float* alpha, float zero, size_t n) {
  HWY_DYNAMIC_DISPATCH(unpremultiply)(row, alpha, zero, n);
}
void ycbcr_to_rgb_rows(float* y, float* cb, float* cr, float kr, float kb, float zero, size_t n) {
  HWY_DYNAMIC_DISPATCH(ycbcr_to_rgb)(y, cb, cr, kr, kb, zero, n);
}
void rgb_to_ycbcr_rows(float* r, float* g, float* b, float kr, float kb, size_t n) {
  HWY_DYNAMIC_DISPATCH(rgb_to_ycbcr)(r, g, b, kr, kb, n);
}

}  // namespace imagemill
#endif  // HWY_ONCE
