// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// An ICC profile on a small picture of each colour model.
#include "base/check.h"
#include "kernels/color_convert.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace imagemill;
  ColorSpace space;
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  space.icc = std::make_shared<const std::vector<std::byte>>(bytes, bytes + size);
  (void)is_srgb(space);
  for (const ColorModel model : {ColorModel::kGray, ColorModel::kRgb, ColorModel::kCmyk}) {
    const PixelFormat format{SampleType::kU16, model};
    const auto transform = ColorTransform::make(format, space, {});
    if (!transform) continue;
    const auto image = Image::allocate(3, 1, format);
    IMAGEMILL_CHECK(image.has_value());
    for (int c = 0; c < image->channels(); ++c)
      for (int x = 0; x < 3; ++x)
        image->plane(c).row<uint16_t>(0)[x] = static_cast<uint16_t>(x * 32767);
    IMAGEMILL_CHECK((*transform)->apply(*image).has_value());
  }
  return 0;
}
