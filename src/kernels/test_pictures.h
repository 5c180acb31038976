// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Pictures that the tests of this folder make themselves.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/check.h"
#include "imagemill/image.h"
#include "kernels/resize_ref.h"

namespace imagemill {

// value(channel, x, y) in units of white, for every sample of every plane.
inline Image make_image(int width, int height, PixelFormat format,
                        const std::function<double(int c, int x, int y)>& value) {
  auto image = Image::allocate(width, height, format);
  IMAGEMILL_CHECK(image.has_value());
  for (int c = 0; c < image->channels(); ++c)
    for (int y = 0; y < image->plane(c).height; ++y)
      for (int x = 0; x < image->plane(c).width; ++x)
        set_sample(image->plane(c), format.sample, x, y, value(c, x, y));
  return *std::move(image);
}

// Repeatable noise in 0..1.
inline double noise_at(int c, int x, int y) {
  uint32_t h = static_cast<uint32_t>(x) * 0x9e3779b1u ^ static_cast<uint32_t>(y) * 0x85ebca77u ^
               static_cast<uint32_t>(c + 1) * 0xc2b2ae3du;
  h = (h ^ h >> 15) * 0x2c1b3c6du;
  h = (h ^ h >> 12) * 0x297a2d39u;
  return static_cast<double>((h ^ h >> 15) & 0xffffffu) / 0xffffff;
}

inline Image noise_image(int width, int height, PixelFormat format, double low = 0,
                         double high = 1) {
  return make_image(width, height, format,
                    [=](int c, int x, int y) { return low + (high - low) * noise_at(c, x, y); });
}

// The largest difference of two samples of equal place, in units of white; 2 when the pictures
// differ in kind or size.
inline double max_difference(const Image& a, const Image& b) {
  if (a.width() != b.width() || a.height() != b.height() || a.format() != b.format()) return 2;
  double largest = 0;
  for (int c = 0; c < a.channels(); ++c)
    for (int y = 0; y < a.plane(c).height; ++y)
      for (int x = 0; x < a.plane(c).width; ++x)
        largest = std::max(largest, std::abs(sample_at(a.plane(c), a.format().sample, x, y) -
                                             sample_at(b.plane(c), b.format().sample, x, y)));
  return largest;
}

inline PixelFormat ycbcr(SampleType type, int shift_x, int shift_y, bool alpha = false) {
  return {type, ColorModel::kYCbCr, alpha, static_cast<uint8_t>(shift_x),
          static_cast<uint8_t>(shift_y)};
}

}  // namespace imagemill
