// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The colour formulas, as the standards have them: scalar, in double, the truth that tables and
// vector code are built from and tested against. Encoded values and linear light run from 0 to 1;
// in HDR, linear light 1 is the reference white of BT.2408, 203 nits.
#pragma once

#include <array>

#include "imagemill/image.h"

namespace imagemill {

inline constexpr double kReferenceWhiteNits = 203;  // BT.2408
inline constexpr double kHdrPeakNits = 1000;  // BT.2100 nominal peak of HLG, usual PQ mastering

// IEC 61966-2-1, extended to negative values as an odd function.
double srgb_to_linear(double encoded);
double linear_to_srgb(double linear);

// SMPTE ST 2084 (PQ).
double pq_to_nits(double encoded);
double nits_to_pq(double nits);

// BT.2100 HLG: the camera's light (inverse OETF), 0 to 1. Light of the display: times
// hlg_display_gain(luminance of the camera's light), reference white = 1.
double hlg_to_scene(double encoded);
double hlg_display_gain(double scene_luminance);

// BT.2390 EETF from kHdrPeakNits to reference white: up to about 0.43 of reference white nothing
// changes, above a Hermite spline in PQ rolls off, the peak becomes 1. x and result relative to
// reference white.
double tone_map(double x);

// What a transfer function makes of an encoded sample; kHlg: the camera's light, kPq: relative to
// reference white.
double to_linear(TransferFunction transfer, double encoded);

// Row-major, applied to columns (R, G, B).
using Matrix3 = std::array<double, 9>;

Matrix3 multiplied(const Matrix3& a, const Matrix3& b);
// The zero matrix when there is none.
Matrix3 inverted(const Matrix3& m);
// Linear RGB to XYZ (D65 white, Y of white = 1).
Matrix3 rgb_to_xyz(Primaries primaries);
// Linear RGB of these primaries to linear BT.709.
Matrix3 to_bt709(Primaries primaries);

}  // namespace imagemill
