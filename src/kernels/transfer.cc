// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/transfer.h"

#include <algorithm>
#include <cmath>

namespace imagemill {
namespace {

constexpr double kPqM1 = 2610.0 / 16384;
constexpr double kPqM2 = 2523.0 / 4096 * 128;
constexpr double kPqC1 = 3424.0 / 4096;
constexpr double kPqC2 = 2413.0 / 4096 * 32;
constexpr double kPqC3 = 2392.0 / 4096 * 32;
constexpr double kPqPeakNits = 10000;

constexpr double kHlgA = 0.17883277;
constexpr double kHlgB = 0.28466892;
constexpr double kHlgC = 0.55991073;
constexpr double kHlgSystemGamma = 1.2;  // for a display of 1000 nits

// x, y of red, green, blue.
std::array<double, 6> chromaticities(Primaries primaries) {
  switch (primaries) {
    case Primaries::kDisplayP3:
      return {0.680, 0.320, 0.265, 0.690, 0.150, 0.060};
    case Primaries::kBt2020:
      return {0.708, 0.292, 0.170, 0.797, 0.131, 0.046};
    case Primaries::kBt709:
    case Primaries::kUnknown:
      break;
  }
  return {0.640, 0.330, 0.300, 0.600, 0.150, 0.060};
}

}  // namespace

double srgb_to_linear(double encoded) {
  const double a = std::abs(encoded);
  return std::copysign(a <= 0.04045 ? a / 12.92 : std::pow((a + 0.055) / 1.055, 2.4), encoded);
}

double linear_to_srgb(double linear) {
  const double a = std::abs(linear);
  return std::copysign(a <= 0.0031308 ? 12.92 * a : 1.055 * std::pow(a, 1 / 2.4) - 0.055, linear);
}

double pq_to_nits(double encoded) {
  const double p = std::pow(std::clamp(encoded, 0.0, 1.0), 1 / kPqM2);
  return kPqPeakNits * std::pow(std::max(p - kPqC1, 0.0) / (kPqC2 - kPqC3 * p), 1 / kPqM1);
}

double nits_to_pq(double nits) {
  const double p = std::pow(std::clamp(nits / kPqPeakNits, 0.0, 1.0), kPqM1);
  return std::pow((kPqC1 + kPqC2 * p) / (1 + kPqC3 * p), kPqM2);
}

double hlg_to_scene(double encoded) {
  const double e = std::clamp(encoded, 0.0, 1.0);
  return e <= 0.5 ? e * e / 3 : (std::exp((e - kHlgC) / kHlgA) + kHlgB) / 12;
}

double hlg_display_gain(double scene_luminance) {
  return std::pow(std::max(scene_luminance, 0.0), kHlgSystemGamma - 1) * kHdrPeakNits /
         kReferenceWhiteNits;
}

double tone_map(double x) {
  static const double peak = nits_to_pq(kHdrPeakNits);
  static const double target = nits_to_pq(kReferenceWhiteNits) / peak;
  static const double knee = 1.5 * target - 0.5;
  const double e = std::min(nits_to_pq(x * kReferenceWhiteNits) / peak, 1.0);
  if (e < knee) return x;
  const double t = (e - knee) / (1 - knee);
  const double t2 = t * t;
  const double t3 = t2 * t;
  const double mapped =
      (2 * t3 - 3 * t2 + 1) * knee + (t3 - 2 * t2 + t) * (1 - knee) + (-2 * t3 + 3 * t2) * target;
  return pq_to_nits(mapped * peak) / kReferenceWhiteNits;
}

double to_linear(TransferFunction transfer, double encoded) {
  switch (transfer) {
    case TransferFunction::kLinear:
      return encoded;
    case TransferFunction::kPq:
      return pq_to_nits(encoded) / kReferenceWhiteNits;
    case TransferFunction::kHlg:
      return hlg_to_scene(encoded);
    case TransferFunction::kSrgb:
    case TransferFunction::kBt709:
    case TransferFunction::kUnknown:
      break;
  }
  return srgb_to_linear(encoded);
}

Matrix3 multiplied(const Matrix3& a, const Matrix3& b) {
  Matrix3 out{};
  for (size_t r = 0; r < 3; ++r)
    for (size_t c = 0; c < 3; ++c)
      for (size_t k = 0; k < 3; ++k) out[3 * r + c] += a[3 * r + k] * b[3 * k + c];
  return out;
}

Matrix3 inverted(const Matrix3& m) {
  const auto cofactor = [&m](size_t r, size_t c) {
    const size_t r1 = (r + 1) % 3, r2 = (r + 2) % 3, c1 = (c + 1) % 3, c2 = (c + 2) % 3;
    return m[3 * r1 + c1] * m[3 * r2 + c2] - m[3 * r1 + c2] * m[3 * r2 + c1];
  };
  const double determinant = m[0] * cofactor(0, 0) + m[1] * cofactor(0, 1) + m[2] * cofactor(0, 2);
  Matrix3 out{};
  if (std::abs(determinant) < 1e-12) return out;
  for (size_t r = 0; r < 3; ++r)
    for (size_t c = 0; c < 3; ++c) out[3 * c + r] = cofactor(r, c) / determinant;
  return out;
}

Matrix3 rgb_to_xyz(Primaries primaries) {
  const auto xy = chromaticities(primaries);
  Matrix3 columns{};
  for (size_t c = 0; c < 3; ++c) {
    const double x = xy[2 * c], y = xy[2 * c + 1];
    columns[c] = x / y;
    columns[3 + c] = 1;
    columns[6 + c] = (1 - x - y) / y;
  }
  constexpr std::array<double, 3> kD65 = {0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290};
  const Matrix3 inverse = inverted(columns);
  for (size_t c = 0; c < 3; ++c) {
    double scale = 0;
    for (size_t k = 0; k < 3; ++k) scale += inverse[3 * c + k] * kD65[k];
    for (size_t r = 0; r < 3; ++r) columns[3 * r + c] *= scale;
  }
  return columns;
}

Matrix3 to_bt709(Primaries primaries) {
  return multiplied(inverted(rgb_to_xyz(Primaries::kBt709)), rgb_to_xyz(primaries));
}

}  // namespace imagemill
