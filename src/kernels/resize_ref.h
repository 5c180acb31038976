// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imagemill/image.h"
#include "imagemill/status.h"
#include "kernels/resize.h"

namespace imagemill {

// What Resizer::resize means: every result sample as a weighted sum of all source samples, in
// double, both axes at once, clamped and rounded at the very end. For tests: slow.
Result<Image> resize_ref(const Image& src, const ResizeTarget& target, ResizeKernel kernel);

// One sample in units of white, and back (rounded, clamped where the type has limits).
double sample_at(const Plane& plane, SampleType type, int x, int y);
void set_sample(const Plane& plane, SampleType type, int x, int y, double value);

}  // namespace imagemill
