// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/phash.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace imagemill {
namespace {

constexpr int kSide = 32;
constexpr int kFrequencies = 8;

Result<Image> small_gray(Resizer& resizer, const Image& image, int width, int height) {
  if (image.format().has_alpha)
    return fail(Code::kInvalidArgument, "perceptual hash of {}: flatten it first",
                to_string(image.format()));
  ResizeTarget target;
  target.width = width;
  target.height = height;
  target.format = PixelFormat::gray();
  return resizer.resize(image, target, ResizeKernel::kLinear);
}

double cosine(int frequency, int position) {
  return std::cos(std::numbers::pi * frequency * (2 * position + 1) / (2.0 * kSide));
}

// In units of 1/256: coefficients that are equal but for the order of additions become equal.
int64_t rounded(double coefficient) { return std::llround(coefficient * 256); }

uint64_t bits_above_median(const std::array<int64_t, 64>& coefficients) {
  std::array<int64_t, 64> sorted = coefficients;
  std::ranges::sort(sorted);
  const int64_t twice_median = sorted[31] + sorted[32];
  uint64_t hash = 0;
  for (const int64_t c : coefficients) hash = hash << 1 | (2 * c > twice_median ? 1 : 0);
  return hash;
}

using CosineTable = std::array<std::array<double, kSide>, kFrequencies>;

const CosineTable& cosines() {
  static const CosineTable table = [] {
    CosineTable t;
    for (int f = 0; f < kFrequencies; ++f)
      for (int i = 0; i < kSide; ++i)
        t[static_cast<size_t>(f)][static_cast<size_t>(i)] = cosine(f + 1, i);
    return t;
  }();
  return table;
}

}  // namespace

Result<uint64_t> phash(Resizer& resizer, const Image& image) {
  IMAGEMILL_ASSIGN_OR_RETURN(const Image gray, small_gray(resizer, image, kSide, kSide));
  const CosineTable& table = cosines();
  std::array<std::array<double, kFrequencies>, kSide> rows{};
  for (size_t y = 0; y < kSide; ++y) {
    const uint8_t* const row = gray.plane(0).row<uint8_t>(static_cast<int>(y));
    for (size_t u = 0; u < kFrequencies; ++u)
      for (size_t x = 0; x < kSide; ++x) rows[y][u] += row[x] * table[u][x];
  }
  std::array<int64_t, 64> coefficients{};
  for (size_t v = 0; v < kFrequencies; ++v)
    for (size_t u = 0; u < kFrequencies; ++u) {
      double sum = 0;
      for (size_t y = 0; y < kSide; ++y) sum += rows[y][u] * table[v][y];
      coefficients[v * kFrequencies + u] = rounded(sum);
    }
  return bits_above_median(coefficients);
}

Result<uint64_t> dhash(Resizer& resizer, const Image& image) {
  IMAGEMILL_ASSIGN_OR_RETURN(const Image gray, small_gray(resizer, image, 9, 8));
  uint64_t hash = 0;
  for (int y = 0; y < 8; ++y) {
    const uint8_t* const row = gray.plane(0).row<uint8_t>(y);
    for (int x = 0; x < 8; ++x) hash = hash << 1 | (row[x + 1] > row[x] ? 1 : 0);
  }
  return hash;
}

uint64_t phash_ref(const Image& gray32) {
  std::array<int64_t, 64> coefficients{};
  for (int v = 1; v <= kFrequencies; ++v)
    for (int u = 1; u <= kFrequencies; ++u) {
      double sum = 0;
      for (int y = 0; y < kSide; ++y)
        for (int x = 0; x < kSide; ++x)
          sum += gray32.plane(0).row<uint8_t>(y)[x] * cosine(u, x) * cosine(v, y);
      coefficients[static_cast<size_t>((v - 1) * kFrequencies + u - 1)] = rounded(sum);
    }
  return bits_above_median(coefficients);
}

}  // namespace imagemill
