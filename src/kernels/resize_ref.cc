// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/resize_ref.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/half.h"
#include "kernels/depth.h"
#include "kernels/planes.h"
#include "kernels/ycbcr_rgb.h"

namespace imagemill {
namespace {

struct Grid {  // a plane of doubles
  int width = 0;
  int height = 0;
  std::vector<double> values;

  Grid(int w, int h)
      : width(w), height(h), values(static_cast<size_t>(w) * static_cast<size_t>(h)) {}
  double& at(int x, int y) { return values[static_cast<size_t>(y) * width + x]; }
  double at(int x, int y) const { return values[static_cast<size_t>(y) * width + x]; }
};

double sinc(double x) {
  const double px = x * std::numbers::pi;
  return x == 0 ? 1 : std::sin(px) / px;
}

double radius_of(ResizeKernel kernel) {
  return kernel == ResizeKernel::kLanczos3 ? 3 : kernel == ResizeKernel::kCubic ? 2 : 1;
}

double kernel_value(ResizeKernel kernel, double x) {
  x = std::abs(x);
  if (x >= radius_of(kernel)) return 0;
  if (kernel == ResizeKernel::kLanczos3) return sinc(x) * sinc(x / 3);
  if (kernel == ResizeKernel::kLinear) return 1 - x;
  constexpr double a = -0.5;
  if (x < 1) return (a + 2) * x * x * x - (a + 3) * x * x + 1;
  return a * x * x * x - 5 * a * x * x + 8 * a * x - 4 * a;
}

// Weight of every source sample for every result sample along one axis.
std::vector<std::vector<double>> axis_weights(ResizeKernel kernel, int src, int dst, double offset,
                                              double extent) {
  std::vector<std::vector<double>> weights(static_cast<size_t>(dst),
                                           std::vector<double>(static_cast<size_t>(src)));
  const double pitch = extent / dst;  // of result samples, in source samples
  const double widening = std::max(pitch, 1.0);
  for (int i = 0; i < dst; ++i) {
    auto& row = weights[static_cast<size_t>(i)];
    const double centre = offset + (2.0 * i + 1.0) * extent / (2.0 * dst);
    if (kernel == ResizeKernel::kNearest) {
      row[static_cast<size_t>(std::clamp(std::floor(centre), 0.0, src - 1.0))] = 1;
      continue;
    }
    const double radius = radius_of(kernel) * widening;
    const int first = static_cast<int>(std::floor(centre - radius)) - 1;
    const int last = static_cast<int>(std::ceil(centre + radius)) + 1;
    double total = 0;
    for (int j = first; j <= last; ++j)
      total += kernel_value(kernel, (j + 0.5 - centre) / widening);
    for (int j = first; j <= last; ++j) {
      // Mirrored once at the edge, then held.
      const int mirrored = j < 0 ? -1 - j : j >= src ? 2 * src - 1 - j : j;
      row[static_cast<size_t>(std::clamp(mirrored, 0, src - 1))] +=
          kernel_value(kernel, (j + 0.5 - centre) / widening) / total;
    }
  }
  return weights;
}

Grid resample(const Grid& src, int width, int height, const PlaneWindow& w, ResizeKernel kernel) {
  const auto across = axis_weights(kernel, src.width, width, w.x, w.width);
  const auto down = axis_weights(kernel, src.height, height, w.y, w.height);
  Grid narrow(width, src.height), out(width, height);
  for (int y = 0; y < src.height; ++y)
    for (int x = 0; x < width; ++x)
      for (int i = 0; i < src.width; ++i)
        narrow.at(x, y) += across[static_cast<size_t>(x)][static_cast<size_t>(i)] * src.at(i, y);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int i = 0; i < src.height; ++i)
        out.at(x, y) += down[static_cast<size_t>(y)][static_cast<size_t>(i)] * narrow.at(x, i);
  return out;
}

int shift_x(const PixelFormat& format, int c) {
  return is_chroma(format, c) ? format.chroma_shift_x : 0;
}
int shift_y(const PixelFormat& format, int c) {
  return is_chroma(format, c) ? format.chroma_shift_y : 0;
}

Grid grid_of(const Image& image, int c) {
  const Plane& plane = image.plane(c);
  Grid grid(plane.width, plane.height);
  const double zero = is_chroma(image.format(), c) ? chroma_zero(image.format().sample) : 0;
  for (int y = 0; y < plane.height; ++y)
    for (int x = 0; x < plane.width; ++x)
      grid.at(x, y) = sample_at(plane, image.format().sample, x, y) - zero;
  return grid;
}

// The alpha of the samples of channel c: the mean over the pixels of a chroma sample.
Grid alpha_of(const Image& image, int c) {
  const Grid full = grid_of(image, image.alpha_channel());
  Grid mean(image.plane(c).width, image.plane(c).height);
  const int step_x = 1 << shift_x(image.format(), c), step_y = 1 << shift_y(image.format(), c);
  for (int y = 0; y < mean.height * step_y; ++y)
    for (int x = 0; x < mean.width * step_x; ++x)
      mean.at(x / step_x, y / step_y) +=
          full.at(std::min(x, full.width - 1), std::min(y, full.height - 1)) / (step_x * step_y);
  return mean;
}

// Channel c of `src` on the grid of a plane of `width` x `height` samples of 1 << to_x pixels.
Grid resized_channel(const Image& src, int c, const ResizeTarget& t, int to_x, int to_y,
                     ResizeKernel kernel) {
  const int width = (t.width + (1 << to_x) - 1) >> to_x;
  const int height = (t.height + (1 << to_y) - 1) >> to_y;
  const double crop_w = t.crop_w == 0 ? src.width() - t.crop_x : t.crop_w;
  const double crop_h = t.crop_h == 0 ? src.height() - t.crop_y : t.crop_h;
  const double from_x = 1 << shift_x(src.format(), c), from_y = 1 << shift_y(src.format(), c);
  const PlaneWindow window{t.crop_x / from_x, t.crop_y / from_y,
                           crop_w * (width << to_x) / t.width / from_x,
                           crop_h * (height << to_y) / t.height / from_y};
  Grid grid = grid_of(src, c);
  const bool weighted =
      src.format().has_alpha && c != src.alpha_channel() && kernel != ResizeKernel::kNearest;
  if (!weighted) return resample(grid, width, height, window, kernel);
  Grid alpha = alpha_of(src, c);
  for (size_t i = 0; i < grid.values.size(); ++i) grid.values[i] *= alpha.values[i];
  grid = resample(grid, width, height, window, kernel);
  alpha = resample(alpha, width, height, window, kernel);
  for (size_t i = 0; i < grid.values.size(); ++i)
    grid.values[i] = alpha.values[i] > 0.5 / 65535 ? grid.values[i] / alpha.values[i] : 0;
  return grid;
}

std::array<double, 3> to_rgb(double y, double cb, double cr, YCbCrMatrix matrix) {
  const auto [kr, kb] = luma_weights(matrix);
  const double r = y + 2 * (1 - kr) * cr, b = y + 2 * (1 - kb) * cb;
  return {r, (y - kr * r - kb * b) / (1 - kr - kb), b};
}

std::array<double, 3> to_ycbcr(double r, double g, double b, YCbCrMatrix matrix) {
  const auto [kr, kb] = luma_weights(matrix);
  const double y = kr * r + (1 - kr - kb) * g + kb * b;
  return {y, (b - y) / (2 * (1 - kb)), (r - y) / (2 * (1 - kr))};
}

Grid box_mean(const Grid& src, int width, int height, int step_x, int step_y) {
  Grid out(width, height);
  for (int y = 0; y < height * step_y; ++y)
    for (int x = 0; x < width * step_x; ++x)
      out.at(x / step_x, y / step_y) +=
          src.at(std::min(x, src.width - 1), std::min(y, src.height - 1)) / (step_x * step_y);
  return out;
}

// Colour channels of the result, before rounding, each on its own grid.
std::vector<Grid> result_channels(const Image& src, const ResizeTarget& t, ResizeKernel kernel) {
  const ColorModel from = src.format().model, to = t.format.model;
  std::vector<Grid> channels;
  if (from == to || from == ColorModel::kGray || to == ColorModel::kGray) {
    if (!(from == ColorModel::kRgb && to == ColorModel::kGray)) {
      for (int c = 0; c < color_channels(to); ++c) {
        const int x = shift_x(t.format, c), y = shift_y(t.format, c);
        channels.push_back(
            resized_channel(src, from == ColorModel::kGray ? 0 : c, t, x, y, kernel));
        if (from == ColorModel::kGray && is_chroma(t.format, c))
          std::ranges::fill(channels.back().values, 0.0);
      }
      return channels;
    }
  }
  for (int c = 0; c < 3; ++c) channels.push_back(resized_channel(src, c, t, 0, 0, kernel));
  for (size_t i = 0; i < channels[0].values.size(); ++i) {
    const double a = channels[0].values[i], b = channels[1].values[i], c = channels[2].values[i];
    const auto mixed = from == ColorModel::kRgb ? to_ycbcr(a, b, c, src.color.matrix)
                                                : to_rgb(a, b, c, src.color.matrix);
    for (size_t k = 0; k < 3; ++k) channels[k].values[i] = mixed[k];
  }
  if (to == ColorModel::kGray) channels.erase(channels.begin() + 1, channels.end());
  for (int c = 1; c < 3 && to == ColorModel::kYCbCr; ++c)
    channels[static_cast<size_t>(c)] =
        box_mean(channels[static_cast<size_t>(c)], plane_width(t.format, c, t.width),
                 plane_height(t.format, c, t.height), 1 << t.format.chroma_shift_x,
                 1 << t.format.chroma_shift_y);
  return channels;
}

}  // namespace

double sample_at(const Plane& plane, SampleType type, int x, int y) {
  switch (type) {
    case SampleType::kU8:
      return plane.row<uint8_t>(y)[x] / 255.0;
    case SampleType::kU16:
      return plane.row<uint16_t>(y)[x] / 65535.0;
    case SampleType::kF16:
      return half_to_float(plane.row<uint16_t>(y)[x]);
    case SampleType::kF32:
      return plane.row<float>(y)[x];
  }
  return 0;
}

void set_sample(const Plane& plane, SampleType type, int x, int y, double value) {
  const double limited = std::clamp(value, 0.0, 1.0);
  switch (type) {
    case SampleType::kU8:
      plane.row<uint8_t>(y)[x] = static_cast<uint8_t>(std::floor(limited * 255 + 0.5));
      return;
    case SampleType::kU16:
      plane.row<uint16_t>(y)[x] = static_cast<uint16_t>(std::floor(limited * 65535 + 0.5));
      return;
    case SampleType::kF16:
      plane.row<uint16_t>(y)[x] = float_to_half(static_cast<float>(value));
      return;
    case SampleType::kF32:
      plane.row<float>(y)[x] = static_cast<float>(value);
      return;
  }
}

Result<Image> resize_ref(const Image& src, const ResizeTarget& t, ResizeKernel kernel) {
  IMAGEMILL_ASSIGN_OR_RETURN(Image dst, Image::allocate(t.width, t.height, t.format));
  dst.color = src.color;
  std::vector<Grid> channels = result_channels(src, t, kernel);
  if (t.format.has_alpha) {
    Grid opaque(t.width, t.height);
    std::ranges::fill(opaque.values, 1.0);
    channels.push_back(src.format().has_alpha
                           ? resized_channel(src, src.alpha_channel(), t, 0, 0, kernel)
                           : opaque);
  }
  const bool clamps = !is_float(src.format().sample);
  for (int c = 0; c < dst.channels(); ++c) {
    const double zero = is_chroma(t.format, c) ? chroma_zero(t.format.sample) : 0;
    const bool limited = clamps || c == dst.alpha_channel();
    for (int y = 0; y < dst.plane(c).height; ++y)
      for (int x = 0; x < dst.plane(c).width; ++x) {
        const double v = channels[static_cast<size_t>(c)].at(x, y) + zero;
        set_sample(dst.plane(c), t.format.sample, x, y, limited ? std::clamp(v, 0.0, 1.0) : v);
      }
  }
  return dst;
}

}  // namespace imagemill
