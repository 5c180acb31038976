// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/depth.h"

#include <vector>

#include "kernels/planes.h"
#include "kernels/rows.h"

namespace imagemill {

Result<Image> convert_depth(const Image& src, SampleType type) {
  const SampleType from = src.format().sample;
  if (from == type) return src;
  PixelFormat format = src.format();
  format.sample = type;
  IMAGEMILL_ASSIGN_OR_RETURN(Image dst, Image::allocate(src.width(), src.height(), format));
  dst.color = src.color;
  std::vector<float> row(static_cast<size_t>(src.width()));
  for (int c = 0; c < src.channels(); ++c) {
    const float offset = is_chroma(format, c) ? chroma_zero(type) - chroma_zero(from) : 0.0f;
    const auto n = static_cast<size_t>(src.plane(c).width);
    for (int y = 0; y < src.plane(c).height; ++y) {
      load_row_f32(src.plane(c).row<std::byte>(y), from, row.data(), n);
      if (offset != 0) add_to_row(row.data(), offset, n);
      store_row_f32(row.data(), type, dst.plane(c).row<std::byte>(y), n);
    }
  }
  return dst;
}

}  // namespace imagemill
