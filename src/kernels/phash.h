// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Perceptual hashes: pictures that look alike have hashes that differ in few of 64 bits.
//
// Both start from Y' in 8 bits, shrunk by Resizer with kLinear whatever the aspect ratio, so the
// same pixels give the same hash on every CPU. Blank pictures (near_uniform.h) have hashes of their
// noise: leave them out of comparisons.
#pragma once

#include <bit>
#include <cstdint>

#include "imagemill/image.h"
#include "imagemill/status.h"
#include "kernels/resize.h"

namespace imagemill {

// The hash of pHash: 32 x 32 samples, their two-dimensional DCT-II, of it the 64 coefficients with
// both frequencies in 1..8 (no constant, no pure rows or columns), each 1 when above the median
// (the mean of the two middle ones). Coefficients are compared after rounding to 1/256. Bits run
// row by row (vertical frequency outside), the first is the most significant.
// Errors: kInvalidArgument for pictures with alpha (flatten first), those of Resizer::resize.
Result<uint64_t> phash(Resizer& resizer, const Image& image);

// The difference hash: 9 x 8 samples, 1 where a sample is darker than its right neighbour, row by
// row, the first is the most significant. Cheaper, and blind to what changes brightness alone.
Result<uint64_t> dhash(Resizer& resizer, const Image& image);

// Of 64. Among 40 camera originals, two had at least 20 by phash (32 on average) and 7 by dhash;
// each against itself at a quarter of its size at most 2 and 1.
inline int hash_distance(uint64_t a, uint64_t b) { return std::popcount(a ^ b); }

// The DCT part of phash, straight from its definition: 32 x 32 grey samples.
uint64_t phash_ref(const Image& gray32);

}  // namespace imagemill
