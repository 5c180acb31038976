// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/planes.h"

#include <algorithm>

#include "kernels/rows.h"

namespace imagemill {
namespace {

template <typename T>
void fill_rows(const Plane& plane, SampleType type, float value) {
  T sample;
  store_row_f32(&value, type, &sample, 1);
  for (int y = 0; y < plane.height; ++y) std::fill_n(plane.row<T>(y), plane.width, sample);
}

}  // namespace

void fill_plane(const Plane& plane, SampleType type, float value) {
  switch (type) {
    case SampleType::kU8:
      return fill_rows<uint8_t>(plane, type, value);
    case SampleType::kU16:
    case SampleType::kF16:
      return fill_rows<uint16_t>(plane, type, value);
    case SampleType::kF32:
      return fill_rows<float>(plane, type, value);
  }
}

void mean_alpha_row(const Image& image, int y, std::vector<float>& mean) {
  const PixelFormat& format = image.format();
  const Plane& alpha = image.plane(image.channels() - 1);
  const size_t step_x = size_t{1} << format.chroma_shift_x;
  const int step_y = 1 << format.chroma_shift_y;
  const float share = 1.0f / static_cast<float>(static_cast<int>(step_x) * step_y);
  std::vector<float> row(static_cast<size_t>(alpha.width));
  std::ranges::fill(mean, 0.0f);
  for (int i = 0; i < step_y; ++i) {
    const int from = std::min(y * step_y + i, alpha.height - 1);
    load_row_f32(alpha.row<std::byte>(from), format.sample, row.data(), row.size());
    for (size_t x = 0; x < mean.size() * step_x; ++x)
      mean[x / step_x] += share * row[std::min(x, row.size() - 1)];
  }
}

}  // namespace imagemill
