// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Row by row through float rows that stay in the first-level cache.
#include "kernels/ycbcr_rgb.h"

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "kernels/depth.h"
#include "kernels/rows.h"

namespace imagemill {
namespace {

bool is_integer(const Image& image, PlaneScale scale) {
  return scale != PlaneScale::kNominal || !is_float(image.format().sample);
}

float zero_of_chroma(const Image& image, PlaneScale scale) {
  switch (scale) {
    case PlaneScale::kFrac8:
      return 32768.0f / 65280.0f;
    case PlaneScale::kFrom8:
      return chroma_zero(SampleType::kU8);
    case PlaneScale::kFrom16:
      return chroma_zero(SampleType::kU16);
    case PlaneScale::kNominal:
      break;
  }
  return chroma_zero(image.format().sample);
}

void load_row(const Plane& plane, int y, SampleType type, PlaneScale scale, float* out, size_t n) {
  if (scale != PlaneScale::kFrac8) return load_row_f32(plane.row<std::byte>(y), type, out, n);
  load_row_frac8(plane.row<uint16_t>(y), out, n);
}

struct RowBuffer {
  explicit RowBuffer(size_t width) : n(width), memory(3 * width) {}
  float* row(int i) { return memory.data() + static_cast<size_t>(i) * n; }
  size_t n;
  std::vector<float> memory;
};

}  // namespace

void ycbcr_to_rgb(const Image& src, PlaneScale scale, YCbCrMatrix matrix, const Image& dst) {
  IMAGEMILL_CHECK(!src.format().is_subsampled() && src.width() == dst.width() &&
                  src.height() == dst.height());
  const auto [kr, kb] = luma_weights(matrix);
  const float zero = zero_of_chroma(src, scale);
  const bool clamps = is_integer(src, scale);

  const auto n = static_cast<size_t>(src.width());
  RowBuffer rows(n);
  for (int y = 0; y < src.height(); ++y) {
    for (int p = 0; p < 3; ++p)
      load_row(src.plane(p), y, src.format().sample, scale, rows.row(p), n);
    ycbcr_to_rgb_rows(rows.row(0), rows.row(1), rows.row(2), kr, kb, zero, n);
    if (clamps) clamp_row(rows.row(0), 3 * n);
    for (int p = 0; p < 3; ++p)
      store_row_f32(rows.row(p), dst.format().sample, dst.plane(p).row<std::byte>(y), n);
  }
}

namespace {

// out[x] = the mean of sums[x << shift ...], `rows` summed rows each; the last column repeats.
void mean_row(const float* sums, size_t n, int shift, int rows, float zero, float* out,
              size_t out_n) {
  const size_t step = size_t{1} << shift;
  const float scale = 1.0f / static_cast<float>(rows * static_cast<int>(step));
  const size_t whole = n >> shift;  // result samples that need no repeating
  if (shift == 0)
    for (size_t x = 0; x < whole; ++x) out[x] = sums[x] * scale + zero;
  if (shift == 1)
    for (size_t x = 0; x < whole; ++x) out[x] = (sums[2 * x] + sums[2 * x + 1]) * scale + zero;
  for (size_t x = shift <= 1 ? whole : 0; x < out_n; ++x) {
    float sum = 0;
    for (size_t i = 0; i < step; ++i) sum += sums[std::min((x << shift) + i, n - 1)];
    out[x] = sum * scale + zero;
  }
}

}  // namespace

Result<> rgb_to_ycbcr(const Image& src, PlaneScale scale, YCbCrMatrix matrix, const Image& dst) {
  if (src.width() != dst.width() || src.height() != dst.height())
    return fail(Code::kInvalidArgument, "RGB of {}x{} pixels into YCbCr of {}x{}", src.width(),
                src.height(), dst.width(), dst.height());
  const PixelFormat& format = dst.format();
  const bool has_chroma = format.model == ColorModel::kYCbCr;
  const int shift_x = has_chroma ? format.chroma_shift_x : 0;
  const int shift_y = has_chroma ? format.chroma_shift_y : 0;
  const int step = 1 << shift_y;
  const auto n = static_cast<size_t>(src.width());
  const float zero = chroma_zero(format.sample);
  const auto [kr, kb] = luma_weights(matrix);

  RowBuffer rows(n), sums(n);
  std::vector<float> chroma(n);
  for (int top = 0; top < src.height(); top += step) {
    std::ranges::fill(sums.memory, 0.0f);
    for (int y = top; y < top + step; ++y) {
      const int row = std::min(y, src.height() - 1);
      for (int p = 0; p < 3; ++p)
        load_row(src.plane(p), row, src.format().sample, scale, rows.row(p), n);
      rgb_to_ycbcr_rows(rows.row(0), rows.row(1), rows.row(2), kr, kb, n);
      if (row == y) store_row_f32(rows.row(0), format.sample, dst.plane(0).row<std::byte>(y), n);
      add_rows(sums.row(1), rows.row(1), 2 * n);
    }
    for (int p = 1; has_chroma && p < 3; ++p) {
      const auto out_n = static_cast<size_t>(dst.plane(p).width);
      mean_row(sums.row(p), n, shift_x, step, zero, chroma.data(), out_n);
      store_row_f32(chroma.data(), format.sample, dst.plane(p).row<std::byte>(top >> shift_y),
                    out_n);
    }
  }
  return {};
}

}  // namespace imagemill
