// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/jpeg_rgb_rows.h"

#include <algorithm>

#include "base/check.h"

namespace imagemill {
namespace {

// Libjpeg interpolates no narrower chroma.
constexpr int kInterpolatedWidthMin = 3;

// JFIF's coefficients with 16 fractional bits.
constexpr int kFractionBits = 16;
constexpr int kHalf = 1 << (kFractionBits - 1);
constexpr int fixed(double value) { return static_cast<int>(value * (1 << kFractionBits) + 0.5); }
constexpr int kRedOfCr = fixed(1.402);
constexpr int kGreenOfCb = fixed(0.34414);
constexpr int kGreenOfCr = fixed(0.71414);
constexpr int kBlueOfCb = fixed(1.772);

uint8_t clamped(int value) { return static_cast<uint8_t>(std::clamp(value, 0, 255)); }

void convert(const uint8_t* luma, const uint8_t* cb, const uint8_t* cr, int n,
             const std::array<uint8_t*, 3>& out) {
  // A loop for each, and not through `out`, which a byte that is stored could be part of: so
  // compilers see that they may vectorise.
  const auto [red, green, blue] = out;
  for (int x = 0; x < n; ++x)
    red[x] = clamped(luma[x] + ((kRedOfCr * (cr[x] - 128) + kHalf) >> kFractionBits));
  for (int x = 0; x < n; ++x) {
    const int chroma = kGreenOfCb * (cb[x] - 128) + kGreenOfCr * (cr[x] - 128);
    green[x] = clamped(luma[x] + ((kHalf - chroma) >> kFractionBits));
  }
  for (int x = 0; x < n; ++x)
    blue[x] = clamped(luma[x] + ((kBlueOfCb * (cb[x] - 128) + kHalf) >> kFractionBits));
}

// Two samples of each value, nearer to the one before and the one after it. The biases of even and
// odd samples differ, or rounding would make the picture brighter.
template <typename T>
void interpolate_across(const T* in, int n, int shift, int bias_even, int bias_odd, uint8_t* out) {
  const auto pair = [&](int i, T before, T after) {
    out[2 * i] = static_cast<uint8_t>((3 * in[i] + before + bias_even) >> shift);
    out[2 * i + 1] = static_cast<uint8_t>((3 * in[i] + after + bias_odd) >> shift);
  };
  pair(0, in[0], in[1]);
  for (int i = 1; i + 1 < n; ++i) pair(i, in[i - 1], in[i + 1]);
  pair(n - 1, in[n - 2], in[n - 1]);
}

// The chroma row that the picture's row is interpolated with, besides the one it lies in.
int other_row(const Plane& plane, int y) {
  return std::clamp((y >> 1) + (y % 2 == 0 ? -1 : 1), 0, plane.height - 1);
}

bool interpolates(const PixelFormat& format, const Plane& plane) {
  const int x = format.chroma_shift_x;
  const int y = format.chroma_shift_y;
  if (x == 0) return y == 1;
  return x == 1 && y <= 1 && plane.width >= kInterpolatedWidthMin;
}

}  // namespace

bool JpegRgbRows::takes(const Image& image) {
  return image.format().model == ColorModel::kYCbCr && image.format().sample == SampleType::kU8 &&
         image.color.matrix == YCbCrMatrix::kBt601;
}

JpegRgbRows::JpegRgbRows(const Image& ycbcr) : image_(ycbcr) {
  IMAGEMILL_CHECK(takes(ycbcr));
  if (!ycbcr.format().is_subsampled()) return;
  // An odd picture is interpolated a sample further than it goes.
  for (auto& row : chroma_) row.resize(static_cast<size_t>(ycbcr.width()) + 1);
  sums_.resize(static_cast<size_t>(ycbcr.plane(1).width));
}

const uint8_t* JpegRgbRows::chroma_row(int channel, int y) {
  const Plane& plane = image_.plane(channel);
  const PixelFormat& format = image_.format();
  const uint8_t* const near = plane.row<uint8_t>(y >> format.chroma_shift_y);
  if (!format.is_subsampled()) return near;
  uint8_t* const out = chroma_[static_cast<size_t>(channel - 1)].data();
  if (!interpolates(format, plane)) {
    for (int x = 0; x < image_.width(); ++x) out[x] = near[x >> format.chroma_shift_x];
    return out;
  }
  if (format.chroma_shift_y == 0) {
    interpolate_across(near, plane.width, 2, 1, 2, out);
    return out;
  }
  const uint8_t* const far = plane.row<uint8_t>(other_row(plane, y));
  if (format.chroma_shift_x == 0) {
    const int bias = y % 2 == 0 ? 1 : 2;
    for (int x = 0; x < plane.width; ++x)
      out[x] = static_cast<uint8_t>((3 * near[x] + far[x] + bias) >> 2);
    return out;
  }
  int* const sums = sums_.data();
  for (int x = 0; x < plane.width; ++x) sums[x] = 3 * near[x] + far[x];
  interpolate_across(sums, plane.width, 4, 8, 7, out);
  return out;
}

void JpegRgbRows::row(int y, const std::array<uint8_t*, 3>& out) {
  convert(image_.plane(0).row<uint8_t>(y), chroma_row(1, y), chroma_row(2, y), image_.width(), out);
}

}  // namespace imagemill
