// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

// Nearly a Gaussian blur: three box filters one after the other, whose width is chosen to give its
// variance, so that time does not depend on `sigma` (pixels, 0 to 1000; chroma planes are blurred
// as much as the picture). Beyond the edge it is that of the edge. 8-bit samples; alpha as the
// others. Errors: kInvalidArgument, kResourceExhausted.
Result<Image> blur(const Image& src, double sigma);

// One plane, each filter as a sum over its window.
void blur_ref(const Plane& src, double sigma, const Plane& dst);

}  // namespace imagemill
