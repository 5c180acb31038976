// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

// How alike the lumas of two pictures of one size are: 8-bit grey or YCbCr, else kInvalidArgument.

// Peak signal-to-noise ratio, dB; infinite for equal lumas.
Result<double> psnr(const Image& a, const Image& b);

// The structural similarity of Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from
// error visibility to structural similarity", IEEE Transactions on Image Processing 13 (2004):
// windows of 11 x 11 with Gaussian weights of sigma 1.5 (as much of them as fits into a smaller
// picture), K1 = 0.01, K2 = 0.03, the mean over all windows that lie within the picture. 1 for
// equal lumas; about 0 and less for pictures that have nothing in common.
Result<double> ssim(const Image& a, const Image& b);

// The same, window by window.
double ssim_ref(const Plane& a, const Plane& b);

}  // namespace imagemill
