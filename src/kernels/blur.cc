// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/blur.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace imagemill {
namespace {

constexpr double kSigmaMax = 1000;
constexpr size_t kPasses = 3;

// Three odd widths 2 r + 1 whose variances, (w^2 - 1) / 12 each, add up to about sigma^2.
std::array<int, kPasses> radii(double sigma) {
  const double ideal = std::sqrt(12 * sigma * sigma / kPasses + 1);
  const int lower = (static_cast<int>(ideal) - 1) / 2;
  const double w = 2 * lower + 1;
  // How many of them have the lower width, the others have the next one.
  const double count = (12 * sigma * sigma - kPasses * (w * w + 4 * w + 3)) / (-4 * w - 4);
  std::array<int, kPasses> out{};
  for (size_t i = 0; i < kPasses; ++i)
    out[i] = static_cast<double>(i) < std::round(count) ? lower : lower + 1;
  return out;
}

// Means over [i - radius, i + radius] of `count` values that lie `step` apart.
void box(const float* in, float* out, int count, ptrdiff_t step, int radius) {
  const auto at = [&](int i) { return double{in[std::clamp(i, 0, count - 1) * step]}; };
  double sum = 0;
  for (int i = -radius; i <= radius; ++i) sum += at(i);
  const double share = 1.0 / (2 * radius + 1);
  for (int i = 0; i < count; ++i) {
    out[i * step] = static_cast<float>(sum * share);
    sum += at(i + radius + 1) - at(i - radius);
  }
}

// The same down all columns at once, so that memory is read in its order.
void box_down(const std::vector<float>& in, std::vector<float>& out, size_t width, int height,
              int radius) {
  const auto row = [&](int y) {
    return in.data() + static_cast<size_t>(std::clamp(y, 0, height - 1)) * width;
  };
  std::vector<double> sums(width, 0.0);
  for (int y = -radius; y <= radius; ++y)
    for (size_t x = 0; x < width; ++x) sums[x] += double{row(y)[x]};
  const double share = 1.0 / (2 * radius + 1);
  for (int y = 0; y < height; ++y) {
    float* const to = out.data() + static_cast<size_t>(y) * width;
    const float* const enters = row(y + radius + 1);
    const float* const leaves = row(y - radius);
    for (size_t x = 0; x < width; ++x) {
      to[x] = static_cast<float>(sums[x] * share);
      sums[x] += double{enters[x]} - double{leaves[x]};
    }
  }
}

void blur_plane(const Plane& src, double sigma_x, double sigma_y, const Plane& dst) {
  const auto width = static_cast<size_t>(src.width);
  std::vector<float> values(width * static_cast<size_t>(src.height)), other(values.size());
  for (int y = 0; y < src.height; ++y)
    std::copy_n(src.row<uint8_t>(y), width, values.begin() + static_cast<ptrdiff_t>(width) * y);
  for (const int radius : radii(sigma_x)) {
    for (size_t at = 0; at < values.size(); at += width)
      box(&values[at], &other[at], src.width, 1, radius);
    values.swap(other);
  }
  for (const int radius : radii(sigma_y)) {
    box_down(values, other, width, src.height, radius);
    values.swap(other);
  }
  for (int y = 0; y < src.height; ++y)
    for (size_t x = 0; x < width; ++x)
      dst.row<uint8_t>(y)[x] = static_cast<uint8_t>(
          std::lround(std::clamp(values[static_cast<size_t>(y) * width + x], 0.0f, 255.0f)));
}

}  // namespace

Result<Image> blur(const Image& src, double sigma) {
  const PixelFormat& format = src.format();
  if (src.empty() || format.sample != SampleType::kU8 || !(sigma >= 0 && sigma <= kSigmaMax))
    return fail(Code::kInvalidArgument, "blur of {} by {}: expected 8-bit samples, 0 to {}",
                src.empty() ? "no picture" : to_string(format), sigma, kSigmaMax);
  IMAGEMILL_ASSIGN_OR_RETURN(Image out, Image::allocate(src.width(), src.height(), format));
  out.color = src.color;
  for (int c = 0; c < src.channels(); ++c) {
    const double scale_x = static_cast<double>(src.plane(c).width) / src.width();
    const double scale_y = static_cast<double>(src.plane(c).height) / src.height();
    blur_plane(src.plane(c), sigma * scale_x, sigma * scale_y, out.plane(c));
  }
  return out;
}

void blur_ref(const Plane& src, double sigma, const Plane& dst) {
  const int width = src.width, height = src.height;
  std::vector<double> values;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) values.push_back(src.row<uint8_t>(y)[x]);
  const auto pass = [&](int radius, int step_x, int step_y) {
    std::vector<double> out;
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        double sum = 0;
        for (int i = -radius; i <= radius; ++i)
          sum += values[static_cast<size_t>(std::clamp(y + i * step_y, 0, height - 1) * width +
                                            std::clamp(x + i * step_x, 0, width - 1))];
        out.push_back(sum / (2 * radius + 1));
      }
    values = out;
  };
  for (const int radius : radii(sigma)) pass(radius, 1, 0);
  for (const int radius : radii(sigma)) pass(radius, 0, 1);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      dst.row<uint8_t>(y)[x] =
          static_cast<uint8_t>(std::lround(values[static_cast<size_t>(y * width + x)]));
}

}  // namespace imagemill
