// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// All in double: sums of squares that nearly cancel decide.
#include "kernels/similarity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace imagemill {
namespace {

constexpr int kWindow = 11;
constexpr double kSigma = 1.5;
constexpr double kC1 = (0.01 * 255) * (0.01 * 255);
constexpr double kC2 = (0.03 * 255) * (0.03 * 255);

// Weighted means over a window of a, b and their products.
constexpr size_t kMoments = 5;
using Moments = std::array<double, kMoments>;

Moments moments_of(double a, double b) { return {a, b, a * a, b * b, a * b}; }

double similarity(const Moments& m) {
  const double mean_a = m[0], mean_b = m[1];
  const double variance_a = m[2] - mean_a * mean_a, variance_b = m[3] - mean_b * mean_b;
  const double covariance = m[4] - mean_a * mean_b;
  return (2 * mean_a * mean_b + kC1) * (2 * covariance + kC2) /
         ((mean_a * mean_a + mean_b * mean_b + kC1) * (variance_a + variance_b + kC2));
}

// Of a window's side; they add up to 1.
std::vector<double> weights(int side) {
  std::vector<double> out;
  double sum = 0;
  for (int i = 0; i < side; ++i) {
    const double x = i - (side - 1) / 2.0;
    out.push_back(std::exp(-x * x / (2 * kSigma * kSigma)));
    sum += out.back();
  }
  for (double& weight : out) weight /= sum;
  return out;
}

Result<> check(const Image& a, const Image& b) {
  for (const Image* image : {&a, &b}) {
    const PixelFormat& format = image->format();
    const bool has_luma = format.model == ColorModel::kGray || format.model == ColorModel::kYCbCr;
    if (image->empty() || !has_luma || format.sample != SampleType::kU8)
      return fail(Code::kInvalidArgument, "similarity of {}: expected 8-bit grey or YCbCr",
                  image->empty() ? "no picture" : to_string(format));
  }
  if (a.width() != b.width() || a.height() != b.height())
    return fail(Code::kInvalidArgument, "similarity of {}x{} and {}x{}: expected one size",
                a.width(), a.height(), b.width(), b.height());
  return {};
}

}  // namespace

Result<double> psnr(const Image& a, const Image& b) {
  IMAGEMILL_TRY(check(a, b));
  int64_t squares = 0;
  for (int y = 0; y < a.height(); ++y) {
    const uint8_t* const row_a = a.plane(0).row<uint8_t>(y);
    const uint8_t* const row_b = b.plane(0).row<uint8_t>(y);
    for (int x = 0; x < a.width(); ++x) {
      const int difference = row_a[x] - row_b[x];
      squares += difference * difference;
    }
  }
  if (squares == 0) return std::numeric_limits<double>::infinity();
  const double mean = static_cast<double>(squares) / a.width() / a.height();
  return 10 * std::log10(255 * 255 / mean);
}

// The weights are a product of a column's and a row's: down first, then across.
Result<double> ssim(const Image& a, const Image& b) {
  IMAGEMILL_TRY(check(a, b));
  const int width = a.width(), height = a.height();
  const std::vector<double> down = weights(std::min(kWindow, height));
  const std::vector<double> across = weights(std::min(kWindow, width));
  const int rows = height - static_cast<int>(down.size()) + 1;
  const int columns = width - static_cast<int>(across.size()) + 1;
  std::vector<Moments> column(static_cast<size_t>(width));
  double sum = 0;
  for (int y = 0; y < rows; ++y) {
    std::ranges::fill(column, Moments{});
    for (size_t i = 0; i < down.size(); ++i) {
      const uint8_t* const row_a = a.plane(0).row<uint8_t>(y + static_cast<int>(i));
      const uint8_t* const row_b = b.plane(0).row<uint8_t>(y + static_cast<int>(i));
      for (size_t x = 0; x < column.size(); ++x) {
        const Moments moments = moments_of(row_a[x], row_b[x]);
        for (size_t m = 0; m < kMoments; ++m) column[x][m] += down[i] * moments[m];
      }
    }
    for (size_t x = 0; x < static_cast<size_t>(columns); ++x) {
      Moments window{};
      for (size_t i = 0; i < across.size(); ++i)
        for (size_t m = 0; m < kMoments; ++m) window[m] += across[i] * column[x + i][m];
      sum += similarity(window);
    }
  }
  return sum / rows / columns;
}

double ssim_ref(const Plane& a, const Plane& b) {
  const std::vector<double> down = weights(std::min(kWindow, a.height));
  const std::vector<double> across = weights(std::min(kWindow, a.width));
  const int side_y = static_cast<int>(down.size()), side_x = static_cast<int>(across.size());
  double sum = 0;
  int count = 0;
  for (int y = 0; y + side_y <= a.height; ++y)
    for (int x = 0; x + side_x <= a.width; ++x, ++count) {
      Moments window{};
      for (int v = 0; v < side_y; ++v)
        for (int u = 0; u < side_x; ++u) {
          const Moments moments =
              moments_of(a.row<uint8_t>(y + v)[x + u], b.row<uint8_t>(y + v)[x + u]);
          for (size_t m = 0; m < kMoments; ++m)
            window[m] += down[static_cast<size_t>(v)] * across[static_cast<size_t>(u)] * moments[m];
        }
      sum += similarity(window);
    }
  return sum / count;
}

}  // namespace imagemill
