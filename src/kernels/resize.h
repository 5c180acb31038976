// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Resize, subsampling, YCbCr <-> RGB <-> grey and sample depth in one go, plane by plane.
//
// Geometry: sample i of a plane covers [i, i + 1), centres are aligned, chroma is centred as in
// JPEG, and a chroma plane of an odd picture covers the extra half sample it has. Beyond the edge
// the plane is mirrored. Kernels are widened when shrinking (antialiased) except kNearest; kCubic
// is Catmull-Rom (a = -0.5).
//
// Arithmetic: 8-bit planes are resampled in 16-bit integers with 14-bit coefficients, clamped after
// each of the two passes, hence the same on every CPU; all else in float32, whose last bits may
// differ between CPUs as the order of additions does. Results from integer samples never leave
// 0..1; float to float does not clamp. Against exact arithmetic without clamping: at most 1 of 255
// where a kernel does not overshoot the 8-bit range. Nothing is dithered, nothing is linearised.
//
// Alpha that is not opaque weights the colours: they are premultiplied before and divided after,
// so what a transparent pixel hides does not show (kNearest takes samples as they are).
#pragma once

#include "imagemill/image.h"
#include "imagemill/status.h"
#include "kernels/plane_resize.h"

namespace imagemill {

struct ResizeTarget {
  int width = 0;
  int height = 0;
  PixelFormat format;
  // The part of the source that is shown, in its (luma) pixels; a width or height of 0 means all.
  // Neighbours outside of it still take part in the kernel at its border.
  double crop_x = 0;
  double crop_y = 0;
  double crop_w = 0;
  double crop_h = 0;
  // The orientation that the caller will apply to the result. It matters to subsampled planes of an
  // odd size that will be mirrored: their chroma is placed to be right afterwards. (Not where RGB
  // becomes subsampled YCbCr: there, orient the RGB.)
  Orientation orientation_after = Orientation::kNormal;
};

// Models: gray, RGB and YCbCr to each other, CMYK to itself. The matrix between RGB and YCbCr is
// src.color.matrix, full range; the result has the colour space of the source. Chroma of RGB to
// subsampled YCbCr is the mean of the pixels it covers. Grey of RGB is its Y'.
// Alpha is added (opaque) but never dropped: flatten first (alpha.h) or take without_alpha().
// Methods may be called from any thread.
class Resizer {
 public:
  // A graph takes some 80 KB and 1 ms to build (704x528 to 640x480, lanczos3); one is needed per
  // geometry and kernel, two for subsampled YCbCr.
  explicit Resizer(int max_graphs = 256) : planes_(max_graphs) {}

  // Returns src itself (shared pixels) when there is nothing to do.
  // Errors: kInvalidArgument, kUnsupported, kResourceExhausted.
  Result<Image> resize(const Image& src, const ResizeTarget& target, ResizeKernel kernel);

  // Into memory that the caller laid out (any alignment, fastest with rows at multiples of 64
  // bytes), such as the float planes of a slot in an NCHW tensor. The crop and orientation_after
  // are those of `how`, everything else comes from dst, whose color becomes that of src.
  Result<> resize_into(const Image& src, Image& dst, ResizeKernel kernel,
                       const ResizeTarget& how = {});

 private:
  PlaneResizer planes_;
};

}  // namespace imagemill
