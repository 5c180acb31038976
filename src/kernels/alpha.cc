// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/alpha.h"

#include <array>
#include <cstring>
#include <vector>

#include "kernels/depth.h"
#include "kernels/planes.h"
#include "kernels/rows.h"
#include "kernels/ycbcr_rgb.h"

namespace imagemill {
namespace {

using ChannelValues = std::array<float, kMaxPlanes>;

// The fill as samples of each channel, in units of white.
ChannelValues channel_values(const Fill& fill, const Image& image) {
  const PixelFormat& format = image.format();
  ChannelValues values{fill.red, fill.green, fill.blue};
  if (format.model != ColorModel::kRgb) {
    const YCbCrMatrix matrix =
        format.model == ColorModel::kGray ? YCbCrMatrix::kBt601 : image.color.matrix;
    const auto [kr, kb] = luma_weights(matrix);
    const float luma = kr * fill.red + (1 - kr - kb) * fill.green + kb * fill.blue;
    const float zero = chroma_zero(format.sample);
    values = {luma, (fill.blue - luma) / (2 * (1 - kb)) + zero,
              (fill.red - luma) / (2 * (1 - kr)) + zero};
  }
  if (format.has_alpha) values[static_cast<size_t>(format.channels() - 1)] = fill.alpha;
  return values;
}

// T is uint8_t or uint16_t: c * a + b * (max - a) stays below 2^32 for both.
template <typename T>
void flatten_integers(const T* color, const T* alpha, T background, T* out, int n) {
  constexpr uint32_t kMax = static_cast<T>(~T{0});
  for (int i = 0; i < n; ++i) {
    const uint32_t sum = uint32_t{color[i]} * alpha[i] + background * (kMax - alpha[i]);
    out[i] = static_cast<T>((sum + kMax / 2) / kMax);
  }
}

void flatten_floats(float* color, const float* alpha, float background, size_t n) {
  for (size_t i = 0; i < n; ++i) color[i] = color[i] * alpha[i] + background * (1.0f - alpha[i]);
}

// Through floats: half and single samples, and chroma planes smaller than alpha.
void flatten_plane_f32(const Image& src, int c, float background, const Plane& to) {
  const PixelFormat& format = src.format();
  const Plane& color = src.plane(c);
  const Plane& alpha = src.plane(src.channels() - 1);
  const auto n = static_cast<size_t>(color.width);
  std::vector<float> values(n), weights(n);
  for (int y = 0; y < color.height; ++y) {
    load_row_f32(color.row<std::byte>(y), format.sample, values.data(), n);
    if (is_chroma(format, c) && format.is_subsampled())
      mean_alpha_row(src, y, weights);
    else
      load_row_f32(alpha.row<std::byte>(y), format.sample, weights.data(), n);
    flatten_floats(values.data(), weights.data(), background, n);
    store_row_f32(values.data(), format.sample, to.row<std::byte>(y), n);
  }
}

template <typename T>
void flatten_plane(const Image& src, int c, float background, const Plane& to) {
  T value;
  store_row_f32(&background, src.format().sample, &value, 1);
  const Plane& alpha = src.plane(src.channels() - 1);
  for (int y = 0; y < to.height; ++y)
    flatten_integers<T>(src.plane(c).row<T>(y), alpha.row<T>(y), value, to.row<T>(y), to.width);
}

}  // namespace

Result<Image> flatten(const Image& src, const Fill& background) {
  if (!src.format().has_alpha) return src;
  if (src.format().model == ColorModel::kCmyk)
    return fail(Code::kUnsupported, "flatten of {}", to_string(src.format()));
  PixelFormat format = src.format();
  format.has_alpha = false;
  IMAGEMILL_ASSIGN_OR_RETURN(Image dst, Image::allocate(src.width(), src.height(), format));
  dst.color = src.color;
  const ChannelValues values = channel_values(background, src);
  for (int c = 0; c < dst.channels(); ++c) {
    const float value = values[static_cast<size_t>(c)];
    const bool smaller = is_chroma(format, c) && format.is_subsampled();
    if (format.sample == SampleType::kU8 && !smaller)
      flatten_plane<uint8_t>(src, c, value, dst.plane(c));
    else if (format.sample == SampleType::kU16 && !smaller)
      flatten_plane<uint16_t>(src, c, value, dst.plane(c));
    else
      flatten_plane_f32(src, c, value, dst.plane(c));
  }
  return dst;
}

Result<Image> embed(const Image& src, int width, int height, int x, int y, const Fill& background) {
  const PixelFormat& format = src.format();
  if (format.model == ColorModel::kCmyk)
    return fail(Code::kUnsupported, "embed of {}", to_string(format));
  if (src.empty() || x < 0 || y < 0 || src.width() > width - x || src.height() > height - y)
    return fail(Code::kInvalidArgument, "embed of {}x{} at {},{} in a canvas of {}x{}", src.width(),
                src.height(), x, y, width, height);
  if (x % (1 << format.chroma_shift_x) != 0 || y % (1 << format.chroma_shift_y) != 0)
    return fail(Code::kInvalidArgument, "embed of {} at {},{}: not a multiple of its subsampling",
                to_string(format), x, y);
  IMAGEMILL_ASSIGN_OR_RETURN(Image dst, Image::allocate(width, height, format));
  dst.color = src.color;
  const ChannelValues values = channel_values(background, src);
  for (int c = 0; c < dst.channels(); ++c) {
    const Plane& to = dst.plane(c);
    const Plane& from = src.plane(c);
    fill_plane(to, format.sample, values[static_cast<size_t>(c)]);
    const int left = is_chroma(format, c) ? x >> format.chroma_shift_x : x;
    const int top = is_chroma(format, c) ? y >> format.chroma_shift_y : y;
    const auto sample = static_cast<size_t>(sample_bytes(format.sample));
    for (int row = 0; row < from.height; ++row)
      std::memcpy(to.row<std::byte>(top + row) + static_cast<size_t>(left) * sample,
                  from.row<std::byte>(row), static_cast<size_t>(from.width) * sample);
  }
  return dst;
}

}  // namespace imagemill
