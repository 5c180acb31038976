// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Dot products and squared distances of two vectors of equal length, any length, any alignment.
// float16 is given as its bits. The float results depend on the CPU in the last places; the _f64
// ones, which decide what is nearer, are the same bits everywhere.
#pragma once

#include <cstdint>
#include <span>

namespace imagemill {

float dot(std::span<const float> a, std::span<const float> b);
float dot(std::span<const float> a, std::span<const uint16_t> b_half);
float squared_l2(std::span<const float> a, std::span<const float> b);
float squared_l2(std::span<const float> a, std::span<const uint16_t> b_half);
// At most kMaxVectorDims long, or the sum may not fit.
int32_t dot(std::span<const int8_t> a, std::span<const int8_t> b);

// Exact products, summed in double in an order fixed by the length alone. Several times slower.
double dot_f64(std::span<const float> a, std::span<const float> b);
double squared_l2_f64(std::span<const float> a, std::span<const float> b);
// 0 where one of them is a vector of zeroes.
double cosine_f64(std::span<const float> a, std::span<const float> b);

// Plain loops, the truth that the above are tested against.
double dot_ref(std::span<const float> a, std::span<const float> b);
double squared_l2_ref(std::span<const float> a, std::span<const float> b);
int64_t dot_ref(std::span<const int8_t> a, std::span<const int8_t> b);

// `out` = `in` / its length, rounded once; zeroes stay zeroes. Returns the length.
double normalize(std::span<float> out, std::span<const float> in);

}  // namespace imagemill
