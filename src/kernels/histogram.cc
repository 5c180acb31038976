// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/histogram.h"

namespace imagemill {

int SampleHistogram::percentile(double share) const {
  const double wanted = share * static_cast<double>(total);
  uint64_t seen = 0;
  for (int v = 0; v < 256; ++v) {
    seen += counts[static_cast<size_t>(v)];
    if (seen > 0 && static_cast<double>(seen) >= wanted) return v;
  }
  return 255;
}

double SampleHistogram::mean() const {
  uint64_t sum = 0;
  for (size_t v = 0; v < 256; ++v) sum += v * counts[v];
  return total == 0 ? 0 : static_cast<double>(sum) / static_cast<double>(total);
}

double SampleHistogram::variance() const {
  const double centre = mean();
  double sum = 0;
  for (size_t v = 0; v < 256; ++v) {
    const double d = static_cast<double>(v) - centre;
    sum += d * d * static_cast<double>(counts[v]);
  }
  return total == 0 ? 0 : sum / static_cast<double>(total);
}

SampleHistogram histogram_of(const Plane& plane) {
  // Two tables: equal neighbours, the common case, would wait for each other's increment.
  std::array<std::array<uint32_t, 256>, 2> rows;
  SampleHistogram histogram;
  for (int y = 0; y < plane.height; ++y) {
    const uint8_t* const row = plane.row<uint8_t>(y);
    rows = {};
    int x = 0;
    for (; x + 1 < plane.width; x += 2) {
      ++rows[0][row[x]];
      ++rows[1][row[x + 1]];
    }
    if (x < plane.width) ++rows[0][row[x]];
    for (size_t v = 0; v < 256; ++v) histogram.counts[v] += rows[0][v] + rows[1][v];
  }
  histogram.total = static_cast<uint64_t>(plane.width) * static_cast<uint64_t>(plane.height);
  return histogram;
}

Result<SampleHistogram> luma_histogram(const Image& image) {
  const PixelFormat& format = image.format();
  const bool has_luma = format.model == ColorModel::kGray || format.model == ColorModel::kYCbCr;
  if (image.empty() || !has_luma || format.sample != SampleType::kU8)
    return fail(Code::kInvalidArgument, "luma of {}: expected 8-bit grey or YCbCr",
                image.empty() ? "no picture" : to_string(format));
  return histogram_of(image.plane(0));
}

}  // namespace imagemill
