// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The RGB that libjpeg makes of a JPEG's planes, bit by bit: chroma halved on an axis is
// interpolated with weights 3/4 and 1/4 ("fancy upsampling"), other chroma is repeated, and colours
// are converted in 16-bit fixed point. It is what Pillow, OpenCV and most of their like show, so
// networks were trained on it. Where pictures are only looked at, Resizer does the same at once.
#pragma once

#include <vector>

#include "imagemill/status.h"
#include "kernels/rgb_rows.h"

namespace imagemill {

class JpegRgbRows final : public RgbRows {
 public:
  // Planes of 8 bits with the BT.601 matrix; alpha is not looked at.
  static bool takes(const Image& image);

  // `ycbcr` must outlive it, and takes() must hold.
  explicit JpegRgbRows(const Image& ycbcr);

  Size size() const override { return {image_.width(), image_.height()}; }
  void row(int y, const std::array<uint8_t*, 3>& out) override;

 private:
  const uint8_t* chroma_row(int channel, int y);

  const Image& image_;
  std::array<std::vector<uint8_t>, 2> chroma_;
  std::vector<int> sums_;  // of two chroma rows, for halves on both axes
};

}  // namespace imagemill
