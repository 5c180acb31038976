// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/sharpness.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace imagemill {
namespace {

// Index i of a row of n samples, mirrored about the first and the last.
int mirrored(int i, int n) {
  if (n == 1) return 0;
  return i < 0 ? -i : i >= n ? 2 * n - 2 - i : i;
}

}  // namespace

// Integers, so that the sums are exact: |Laplacian| <= 1020, its square fits a 64-bit sum of any
// picture.
Result<double> laplacian_variance(const Image& image) {
  const PixelFormat& format = image.format();
  const bool has_luma = format.model == ColorModel::kGray || format.model == ColorModel::kYCbCr;
  if (image.empty() || !has_luma || format.sample != SampleType::kU8)
    return fail(Code::kInvalidArgument, "sharpness of {}: expected 8-bit grey or YCbCr",
                image.empty() ? "no picture" : to_string(format));
  const Plane& plane = image.plane(0);
  const auto n = static_cast<size_t>(plane.width);
  std::vector<int> padded(n + 2);
  int64_t sum = 0, squares = 0;
  for (int y = 0; y < plane.height; ++y) {
    const uint8_t* const above = plane.row<uint8_t>(mirrored(y - 1, plane.height));
    const uint8_t* const below = plane.row<uint8_t>(mirrored(y + 1, plane.height));
    const uint8_t* const row = plane.row<uint8_t>(y);
    std::copy_n(row, n, padded.begin() + 1);
    padded.front() = row[mirrored(-1, plane.width)];
    padded.back() = row[mirrored(plane.width, plane.width)];
    for (size_t x = 0; x < n; ++x) {
      const int v = padded[x] + padded[x + 2] + above[x] + below[x] - 4 * padded[x + 1];
      sum += v;
      squares += v * v;
    }
  }
  const double count = static_cast<double>(n) * plane.height;
  const double mean = static_cast<double>(sum) / count;
  return std::max(static_cast<double>(squares) / count - mean * mean, 0.0);
}

double laplacian_variance_ref(const Plane& plane) {
  const auto at = [&plane](int x, int y) {
    return static_cast<double>(
        plane.row<uint8_t>(mirrored(y, plane.height))[mirrored(x, plane.width)]);
  };
  std::vector<double> values;
  double mean = 0;
  for (int y = 0; y < plane.height; ++y)
    for (int x = 0; x < plane.width; ++x)
      values.push_back(at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1) - 4 * at(x, y));
  for (const double v : values) mean += v / static_cast<double>(values.size());
  double variance = 0;
  for (const double v : values)
    variance += (v - mean) * (v - mean) / static_cast<double>(values.size());
  return variance;
}

}  // namespace imagemill
