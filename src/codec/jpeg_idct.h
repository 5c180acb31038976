// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/jpeg_blocks.h"

namespace imagemill {

// The n x n pixels (n = 1 to 6, or 8) of 16 blocks side by side: n rows of 16 n from `out` on. Of
// the coefficients only the n x n lowest are read.
void jpeg_inverse_dct(int n, const JpegBlockGroup& group, const int16_t* quantization, uint8_t* out,
                      ptrdiff_t stride);

}  // namespace imagemill
