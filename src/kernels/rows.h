// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic on rows of samples, with SIMD for whatever CPU runs it. A product and the sum after it
// are rounded separately (no fused multiply-add), so every CPU gives the same bits. Rows need no
// alignment and no padding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "imagemill/image.h"

namespace imagemill {

// Samples to floats (white = 1) and back. Storing integers clamps to 0..1 (NaN is 0) and rounds to
// nearest, halves up; storing floats does neither.
void load_row_f32(const void* in, SampleType type, float* out, size_t n);
void store_row_f32(const float* in, SampleType type, void* out, size_t n);

// "frac8": 8-bit values with 8 fractional bits (white = 255 * 256). Values above white, which a
// sharpening kernel makes, become white when stored as samples; load_row_frac8 keeps them.
void load_row_frac8(const uint16_t* in, float* out, size_t n);
void store_row_frac8(const uint16_t* in, SampleType type, void* out, size_t n);

void clamp_row(float* row, size_t n);  // to 0..1
void add_to_row(float* row, float value, size_t n);
void add_rows(float* sum, const float* row, size_t n);

// row = (row - zero) * alpha and row = row / alpha + zero; where alpha is below half a step of 16
// bits nothing is left of the colour but rounding errors, and it becomes `zero`.
void premultiply_row(float* row, const float* alpha, float zero, size_t n);
void unpremultiply_row(float* row, const float* alpha, float zero, size_t n);

// The full-range matrices of luma weights kr and kb, in place: (Y, Cb, Cr) <-> (R, G, B). Chroma is
// -0.5..0.5 after subtracting `zero`.
void ycbcr_to_rgb_rows(float* y, float* cb, float* cr, float kr, float kb, float zero, size_t n);
void rgb_to_ycbcr_rows(float* r, float* g, float* b, float kr, float kb, size_t n);

}  // namespace imagemill
