// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Inverse DCT of sixteen blocks at once, one block a lane, to n x n pixels each (n = 1 to 6, and
// 8). n = 8 is the algorithm of C. Loeffler, A. Ligtenberg and G. Moschytz, "Practical Fast 1-D DCT
// Algorithms with 11 Multiplications" (ICASSP 1989), in the fixed point of libjpeg's accurate
// integer method: 13 bits of constant, 2 bits kept between the passes, so that both give the same
// bytes. Smaller n transforms the n x n lowest frequencies alone: that is the picture behind an
// ideal low pass. (libjpeg averages neighbouring pixels instead, which lets more through that then
// aliases.)
//
// Included once per Highway target.
#include "codec/jpeg_blocks.h"

#if defined(IMAGEMILL_CODEC_JPEG_IDCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef IMAGEMILL_CODEC_JPEG_IDCT_INL_H_
#undef IMAGEMILL_CODEC_JPEG_IDCT_INL_H_
#else
#define IMAGEMILL_CODEC_JPEG_IDCT_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace imagemill {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D32 = hn::CappedTag<int32_t, kJpegGroupBlocks>;
using V32 = hn::Vec<D32>;
using D16 = hn::Rebind<int16_t, D32>;
using D8 = hn::Rebind<uint8_t, D32>;

inline constexpr int kConstBits = 13;
inline constexpr int kPassBits = 2;

HWY_INLINE V32 scaled(V32 v, double factor) {
  const double rounded = factor * (1 << kConstBits) + (factor < 0 ? -0.5 : 0.5);
  return hn::Mul(v, hn::Set(D32(), static_cast<int32_t>(rounded)));
}

template <int kShift>
HWY_INLINE V32 descale(V32 v) {
  return hn::ShiftRight<kShift>(hn::Add(v, hn::Set(D32(), 1 << (kShift - 1))));
}

// One pass over kN values: load(k) gives the k-th frequency, store(i, v) takes the i-th sample,
// times 2^kConstBits. Samples at the same distance from the middle share the even frequencies' part
// of the sum, and the odd ones' but for its sign.
template <int kN>
struct Idct {
  template <typename Load, typename Store>
  static HWY_INLINE void transform(Load load, Store store) {
    for (size_t i = 0; i < (kN + 1) / 2; ++i) {
      V32 even = hn::ShiftLeft<kConstBits>(load(0));
      V32 odd = hn::Zero(D32());
      for (size_t k = 2; k < kN; k += 2) even = hn::Add(even, scaled(load(k), kBasis<kN>[k][i]));
      for (size_t k = 1; k < kN; k += 2) odd = hn::Add(odd, scaled(load(k), kBasis<kN>[k][i]));
      store(i, hn::Add(even, odd));
      store(kN - 1 - i, hn::Sub(even, odd));
    }
  }
};

template <>
struct Idct<8> {
  template <typename Load, typename Store>
  static HWY_INLINE void transform(Load load, Store store) {
    // Even part: the 4-point transform of the even frequencies.
    const V32 v0 = load(0), v2 = load(2), v4 = load(4), v6 = load(6);
    const V32 z = scaled(hn::Add(v2, v6), 0.541196100);
    const V32 rotated0 = hn::Add(z, scaled(v2, 0.765366865));
    const V32 rotated1 = hn::Sub(z, scaled(v6, 1.847759065));
    const V32 sum = hn::ShiftLeft<kConstBits>(hn::Add(v0, v4));
    const V32 difference = hn::ShiftLeft<kConstBits>(hn::Sub(v0, v4));
    const V32 even0 = hn::Add(sum, rotated0), even3 = hn::Sub(sum, rotated0);
    const V32 even1 = hn::Add(difference, rotated1), even2 = hn::Sub(difference, rotated1);
    // Odd part: figure 8 of the paper, the final rotations moved to the front.
    const V32 v1 = load(1), v3 = load(3), v5 = load(5), v7 = load(7);
    const V32 outer = scaled(hn::Add(v7, v1), 0.899976223);
    const V32 inner = scaled(hn::Add(v5, v3), 2.562915447);
    const V32 c = hn::Add(v7, v3), d = hn::Add(v5, v1);
    const V32 both = scaled(hn::Add(c, d), 1.175875602);
    const V32 c_turned = hn::Sub(both, scaled(c, 1.961570560));
    const V32 d_turned = hn::Sub(both, scaled(d, 0.390180644));
    const V32 odd0 = hn::Add(hn::Sub(scaled(v7, 0.298631336), outer), c_turned);
    const V32 odd1 = hn::Add(hn::Sub(scaled(v5, 2.053119869), inner), d_turned);
    const V32 odd2 = hn::Add(hn::Sub(scaled(v3, 3.072711026), inner), c_turned);
    const V32 odd3 = hn::Add(hn::Sub(scaled(v1, 1.501321110), outer), d_turned);
    store(0, hn::Add(even0, odd3));
    store(1, hn::Add(even1, odd2));
    store(2, hn::Add(even2, odd1));
    store(3, hn::Add(even3, odd0));
    store(4, hn::Sub(even3, odd0));
    store(5, hn::Sub(even2, odd1));
    store(6, hn::Sub(even1, odd2));
    store(7, hn::Sub(even0, odd3));
  }
};

// pixels[y * kN + x] are pixel (x, y) of each block.
template <int kN>
HWY_INLINE void transform_group(const JpegBlockGroup& group, const int16_t* quantization,
                                uint8_t (*pixels)[kJpegGroupBlocks]) {
  const D32 d32;
  const D16 d16;
  alignas(64) int32_t work[kN * kN][kJpegGroupBlocks];
  for (size_t lane = 0; lane < kJpegGroupBlocks; lane += hn::Lanes(d32)) {
    for (size_t x = 0; x < kN; ++x) {
      alignas(64) int32_t column[kN][kJpegGroupBlocks];
      for (size_t k = 0; k < kN; ++k) {
        const auto c = hn::Load(d16, group.coefficients[k * 8 + x] + lane);
        const auto dequantised = hn::Mul(c, hn::Set(d16, quantization[k * 8 + x]));
        hn::Store(hn::PromoteTo(d32, dequantised), d32, column[k]);
      }
      Idct<kN>::transform([&](size_t k) HWY_ATTR { return hn::Load(d32, column[k]); },
                          [&](size_t y, V32 v) HWY_ATTR {
                            hn::Store(descale<kConstBits - kPassBits>(v), d32,
                                      work[y * kN + x] + lane);
                          });
    }
    for (size_t y = 0; y < kN; ++y)
      Idct<kN>::transform([&](size_t k) HWY_ATTR { return hn::Load(d32, work[y * kN + k] + lane); },
                          [&](size_t x, V32 v) HWY_ATTR {
                            const V32 sample =
                                hn::Add(descale<kConstBits + kPassBits + 3>(v), hn::Set(d32, 128));
                            hn::Store(hn::DemoteTo(D8(), sample), D8(), pixels[y * kN + x] + lane);
                          });
  }
}

// A row of pixels of all blocks, block after block.
template <int kN>
HWY_INLINE void store_row(const uint8_t (*pixels)[kJpegGroupBlocks], uint8_t* out) {
#if HWY_TARGET != HWY_SCALAR
  const hn::FixedTag<uint8_t, 16> d8;
  const hn::FixedTag<uint16_t, 8> d16;
  const auto column = [&](size_t x) HWY_ATTR { return hn::Load(d8, pixels[x]); };
  // Two columns of the first, and of the last eight blocks.
  const auto low = [&](size_t x) HWY_ATTR { return hn::ZipLower(d16, column(x), column(x + 1)); };
  const auto high = [&](size_t x) HWY_ATTR { return hn::ZipUpper(d16, column(x), column(x + 1)); };
  auto* pairs = reinterpret_cast<uint16_t*>(out);
  if constexpr (kN == 1) {
    hn::StoreU(column(0), d8, out);
    return;
  } else if constexpr (kN == 2) {
    hn::StoreInterleaved2(column(0), column(1), d8, out);
    return;
  } else if constexpr (kN == 3) {
    hn::StoreInterleaved3(column(0), column(1), column(2), d8, out);
    return;
  } else if constexpr (kN == 4) {
    hn::StoreInterleaved4(column(0), column(1), column(2), column(3), d8, out);
    return;
  } else if constexpr (kN == 6) {
    hn::StoreInterleaved3(low(0), low(2), low(4), d16, pairs);
    hn::StoreInterleaved3(high(0), high(2), high(4), d16, pairs + 24);
    return;
  } else if constexpr (kN == 8) {
    hn::StoreInterleaved4(low(0), low(2), low(4), low(6), d16, pairs);
    hn::StoreInterleaved4(high(0), high(2), high(4), high(6), d16, pairs + 32);
    return;
  }
#endif
  for (size_t block = 0; block < kJpegGroupBlocks; ++block)
    for (size_t x = 0; x < kN; ++x) out[block * kN + x] = pixels[x][block];
}

// `out` takes kN rows of 16 * kN pixels.
template <int kN>
HWY_INLINE void idct_group_of(const JpegBlockGroup& group, const int16_t* quantization,
                              uint8_t* out, ptrdiff_t stride) {
  alignas(64) uint8_t pixels[kN * kN][kJpegGroupBlocks];
  transform_group<kN>(group, quantization, pixels);
  for (int y = 0; y < kN; ++y) store_row<kN>(pixels + y * kN, out + y * stride);
}

inline void idct_group(int n, const JpegBlockGroup& group, const int16_t* quantization,
                       uint8_t* out, ptrdiff_t stride) {
  switch (n) {
    case 1:
      return idct_group_of<1>(group, quantization, out, stride);
    case 2:
      return idct_group_of<2>(group, quantization, out, stride);
    case 3:
      return idct_group_of<3>(group, quantization, out, stride);
    case 4:
      return idct_group_of<4>(group, quantization, out, stride);
    case 5:
      return idct_group_of<5>(group, quantization, out, stride);
    case 6:
      return idct_group_of<6>(group, quantization, out, stride);
    default:
      return idct_group_of<8>(group, quantization, out, stride);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace imagemill
HWY_AFTER_NAMESPACE();

#endif
