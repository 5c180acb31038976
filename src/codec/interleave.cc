// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/interleave.h"

#include <array>
#include <cstdint>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/interleave.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway asks.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace imagemill {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// T is the unsigned type of the sample's size: samples are moved, never read.
template <typename T>
void split_row(T* const* planes, const T* in, size_t width, size_t channels) {
  const hn::ScalableTag<T> d;
  const size_t lanes = hn::Lanes(d);
  size_t x = 0;
  if (channels == 2) {
    for (; x + lanes <= width; x += lanes) {
      hn::Vec<decltype(d)> a, b;
      hn::LoadInterleaved2(d, in + x * 2, a, b);
      hn::StoreU(a, d, planes[0] + x);
      hn::StoreU(b, d, planes[1] + x);
    }
  } else if (channels == 3) {
    for (; x + lanes <= width; x += lanes) {
      hn::Vec<decltype(d)> a, b, c;
      hn::LoadInterleaved3(d, in + x * 3, a, b, c);
      hn::StoreU(a, d, planes[0] + x);
      hn::StoreU(b, d, planes[1] + x);
      hn::StoreU(c, d, planes[2] + x);
    }
  } else if (channels == 4) {
    for (; x + lanes <= width; x += lanes) {
      hn::Vec<decltype(d)> a, b, c, e;
      hn::LoadInterleaved4(d, in + x * 4, a, b, c, e);
      hn::StoreU(a, d, planes[0] + x);
      hn::StoreU(b, d, planes[1] + x);
      hn::StoreU(c, d, planes[2] + x);
      hn::StoreU(e, d, planes[3] + x);
    }
  }
  for (; x < width; ++x)
    for (size_t c = 0; c < channels; ++c) planes[c][x] = in[x * channels + c];
}

template <typename T>
void join_row(T* out, const T* const* planes, size_t width, size_t channels) {
  const hn::ScalableTag<T> d;
  const size_t lanes = hn::Lanes(d);
  size_t x = 0;
  if (channels == 2) {
    for (; x + lanes <= width; x += lanes)
      hn::StoreInterleaved2(hn::LoadU(d, planes[0] + x), hn::LoadU(d, planes[1] + x), d,
                            out + x * 2);
  } else if (channels == 3) {
    for (; x + lanes <= width; x += lanes)
      hn::StoreInterleaved3(hn::LoadU(d, planes[0] + x), hn::LoadU(d, planes[1] + x),
                            hn::LoadU(d, planes[2] + x), d, out + x * 3);
  } else if (channels == 4) {
    for (; x + lanes <= width; x += lanes)
      hn::StoreInterleaved4(hn::LoadU(d, planes[0] + x), hn::LoadU(d, planes[1] + x),
                            hn::LoadU(d, planes[2] + x), hn::LoadU(d, planes[3] + x), d,
                            out + x * 4);
  }
  for (; x < width; ++x)
    for (size_t c = 0; c < channels; ++c) out[x * channels + c] = planes[c][x];
}

void split_row_u8(uint8_t* const* planes, const uint8_t* in, size_t width, size_t channels) {
  split_row(planes, in, width, channels);
}
void split_row_u16(uint16_t* const* planes, const uint16_t* in, size_t width, size_t channels) {
  split_row(planes, in, width, channels);
}
void split_row_u32(uint32_t* const* planes, const uint32_t* in, size_t width, size_t channels) {
  split_row(planes, in, width, channels);
}
void join_row_u8(uint8_t* out, const uint8_t* const* planes, size_t width, size_t channels) {
  join_row(out, planes, width, channels);
}
void join_row_u16(uint16_t* out, const uint16_t* const* planes, size_t width, size_t channels) {
  join_row(out, planes, width, channels);
}
void join_row_u32(uint32_t* out, const uint32_t* const* planes, size_t width, size_t channels) {
  join_row(out, planes, width, channels);
}

}  // namespace HWY_NAMESPACE
}  // namespace imagemill
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace imagemill {
namespace {

HWY_EXPORT(split_row_u8);
HWY_EXPORT(split_row_u16);
HWY_EXPORT(split_row_u32);
HWY_EXPORT(join_row_u8);
HWY_EXPORT(join_row_u16);
HWY_EXPORT(join_row_u32);

template <typename T>
std::array<T*, kMaxPlanes> rows_of(const Image& image, int y) {
  std::array<T*, kMaxPlanes> rows{};
  for (int c = 0; c < image.channels(); ++c)
    rows[static_cast<size_t>(c)] = image.plane(c).row<T>(y);
  return rows;
}

}  // namespace

void deinterleave_row(const Image& image, int y, const std::byte* in) {
  const auto width = static_cast<size_t>(image.width());
  const auto channels = static_cast<size_t>(image.channels());
  if (channels == 1) {
    std::memcpy(image.plane(0).row<std::byte>(y), in, interleaved_row_bytes(image));
    return;
  }
  switch (sample_bytes(image.format().sample)) {
    case 1:
      return HWY_DYNAMIC_DISPATCH(split_row_u8)(
          rows_of<uint8_t>(image, y).data(), reinterpret_cast<const uint8_t*>(in), width, channels);
    case 2:
      return HWY_DYNAMIC_DISPATCH(split_row_u16)(rows_of<uint16_t>(image, y).data(),
                                                 reinterpret_cast<const uint16_t*>(in), width,
                                                 channels);
    default:
      return HWY_DYNAMIC_DISPATCH(split_row_u32)(rows_of<uint32_t>(image, y).data(),
                                                 reinterpret_cast<const uint32_t*>(in), width,
                                                 channels);
  }
}

void interleave_row(std::byte* out, const Image& image, int y) {
  const auto width = static_cast<size_t>(image.width());
  const auto channels = static_cast<size_t>(image.channels());
  if (channels == 1) {
    std::memcpy(out, image.plane(0).row<std::byte>(y), interleaved_row_bytes(image));
    return;
  }
  switch (sample_bytes(image.format().sample)) {
    case 1:
      return HWY_DYNAMIC_DISPATCH(join_row_u8)(reinterpret_cast<uint8_t*>(out),
                                               rows_of<const uint8_t>(image, y).data(), width,
                                               channels);
    case 2:
      return HWY_DYNAMIC_DISPATCH(join_row_u16)(reinterpret_cast<uint16_t*>(out),
                                                rows_of<const uint16_t>(image, y).data(), width,
                                                channels);
    default:
      return HWY_DYNAMIC_DISPATCH(join_row_u32)(reinterpret_cast<uint32_t*>(out),
                                                rows_of<const uint32_t>(image, y).data(), width,
                                                channels);
  }
}

}  // namespace imagemill
#endif  // HWY_ONCE
