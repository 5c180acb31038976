// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/luma_signature.h"

#include <algorithm>
#include <cmath>

#include "kernels/orient.h"

namespace imagemill {
namespace {

constexpr int kReach = 2;                   // of the neighbourhood, to each side
constexpr double kLeastDetail = 0.5 * 0.5;  // squared grey levels: less is the rounding of samples

using Detail = std::array<double, kSignatureSide * kSignatureSide>;

size_t place_of(int x, int y) { return static_cast<size_t>(y * kSignatureSide + x); }

// Edges are repeated.
Detail detail_of(const LumaSignature& signature) {
  const auto inside = [](int i) { return std::clamp(i, 0, kSignatureSide - 1); };
  Detail rows;  // sums along x
  for (int y = 0; y < kSignatureSide; ++y)
    for (int x = 0; x < kSignatureSide; ++x) {
      double sum = 0;
      for (int i = -kReach; i <= kReach; ++i) sum += signature[place_of(inside(x + i), y)];
      rows[place_of(x, y)] = sum;
    }
  constexpr double kSamples = (2 * kReach + 1) * (2 * kReach + 1);
  Detail detail;
  for (int y = 0; y < kSignatureSide; ++y)
    for (int x = 0; x < kSignatureSide; ++x) {
      double sum = 0;
      for (int i = -kReach; i <= kReach; ++i) sum += rows[place_of(x, inside(y + i))];
      detail[place_of(x, y)] = signature[place_of(x, y)] - sum / kSamples;
    }
  return detail;
}

}  // namespace

Result<LumaSignature> luma_signature(Resizer& resizer, const Image& image) {
  if (image.format().has_alpha)
    return fail(Code::kInvalidArgument, "luma signature of {}: flatten it first",
                to_string(image.format()));
  const ResizeTarget target{
      .width = kSignatureSide, .height = kSignatureSide, .format = PixelFormat::gray()};
  IMAGEMILL_ASSIGN_OR_RETURN(const Image gray,
                             resizer.resize(image, target, ResizeKernel::kLinear));
  LumaSignature signature;
  for (int y = 0; y < kSignatureSide; ++y)
    std::copy_n(gray.plane(0).row<uint8_t>(y), kSignatureSide, &signature[place_of(0, y)]);
  return signature;
}

LumaSignature oriented_signature(const LumaSignature& signature, Orientation orientation) {
  LumaSignature upright;
  for (int y = 0; y < kSignatureSide; ++y)
    for (int x = 0; x < kSignatureSide; ++x) {
      int to_x = mirrors_x(orientation) ? kSignatureSide - 1 - x : x;
      int to_y = mirrors_y(orientation) ? kSignatureSide - 1 - y : y;
      if (swaps_axes(orientation)) std::swap(to_x, to_y);
      upright[place_of(to_x, to_y)] = signature[place_of(x, y)];
    }
  return upright;
}

double signature_similarity(const LumaSignature& a, const LumaSignature& b) {
  const Detail of_a = detail_of(a), of_b = detail_of(b);
  double product = 0, square_a = 0, square_b = 0;
  for (size_t i = 0; i < of_a.size(); ++i) {
    product += of_a[i] * of_b[i];
    square_a += of_a[i] * of_a[i];
    square_b += of_b[i] * of_b[i];
  }
  const double least = kLeastDetail * static_cast<double>(of_a.size());
  if (square_a < least || square_b < least) return 0;
  return product / std::sqrt(square_a * square_b);
}

}  // namespace imagemill
