// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Between the interleaved rows of the libraries and our planes.
#pragma once

#include <algorithm>
#include <limits>
#include <type_traits>

#include "imagemill/image.h"

namespace imagemill::codec_host {

// Row y of the image from `width` interleaved pixels of `stride` samples, of which the first
// channels() are taken. `convert` maps a sample.
template <typename T, typename U, typename Convert>
void set_row(const Image& out, int y, const U* in, int stride, Convert convert) {
  for (int c = 0; c < out.channels(); ++c) {
    T* row = out.plane(c).template row<T>(y);
    const U* from = in + c;
    for (int x = 0; x < out.width(); ++x, from += stride) row[x] = convert(*from);
  }
}

template <typename T>
void set_row(const Image& out, int y, const T* in, int stride) {
  set_row<T>(out, y, in, stride, [](T sample) { return sample; });
}

// The same for rows that hold grey as R, G, B: alpha is `skip` samples further than its channel.
template <typename T>
void set_channels(const Image& out, int y, const T* in, int stride, int skip) {
  for (int c = 0; c < out.channels(); ++c) {
    T* row = out.plane(c).template row<T>(y);
    const T* from = in + c + (c == out.alpha_channel() ? skip : 0);
    for (int x = 0; x < out.width(); ++x, from += stride) row[x] = *from;
  }
}

template <typename T>
void get_row(T* out, const Image& in, int y) {
  const int channels = in.channels();
  for (int c = 0; c < channels; ++c) {
    const T* row = in.plane(c).template row<T>(y);
    for (int x = 0; x < in.width(); ++x) out[x * channels + c] = row[x];
  }
}

template <typename T>
void unpremultiply_as(const Image& image) {
  constexpr bool kInteger = std::is_integral_v<T>;
  constexpr float kOne = kInteger ? static_cast<float>(std::numeric_limits<T>::max()) : 1.0f;
  const int alpha = image.alpha_channel();
  for (int y = 0; y < image.height(); ++y) {
    const T* a = image.plane(alpha).template row<T>(y);
    for (int c = 0; c < alpha; ++c) {
      T* row = image.plane(c).template row<T>(y);
      for (int x = 0; x < image.width(); ++x) {
        if (a[x] == T{0}) continue;  // no colour to be found, or light without cover (EXR)
        const float straight = static_cast<float>(row[x]) * kOne / static_cast<float>(a[x]);
        row[x] = static_cast<T>(kInteger ? std::min(straight + 0.5f, kOne) : straight);
      }
    }
  }
}

// 8-bit, 16-bit and float32 pictures that have alpha.
inline void unpremultiply(const Image& image) {
  switch (image.format().sample) {
    case SampleType::kU8:
      return unpremultiply_as<uint8_t>(image);
    case SampleType::kU16:
      return unpremultiply_as<uint16_t>(image);
    case SampleType::kF32:
      return unpremultiply_as<float>(image);
    case SampleType::kF16:
      return;  // no helper delivers it
  }
}

// 10, 12 ... bits to 16, full scale to full scale.
constexpr uint16_t widen(uint32_t sample, uint32_t max) {
  return static_cast<uint16_t>((sample * 65535u + max / 2) / max);
}

}  // namespace imagemill::codec_host
