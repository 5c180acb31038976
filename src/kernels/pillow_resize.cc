// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Whichever pass comes first, one row of the result is made after the other: the rows it depends on
// wait in a ring, as they are or resized already.
#include "kernels/pillow_resize.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace imagemill {
namespace {

constexpr int kChannels = 3;

using ChannelRows = std::array<uint8_t*, kChannels>;

constexpr int kFractionBits = 22;

// How far each kernel reaches at full size.
double reach(ResizeKernel kernel) {
  return kernel == ResizeKernel::kLinear ? 1 : kernel == ResizeKernel::kCubic ? 2 : 3;
}

double sinc(double x) {
  if (x == 0) return 1;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double weight_at(ResizeKernel kernel, double x) {
  x = std::abs(x);
  if (x >= reach(kernel)) return 0;
  switch (kernel) {
    case ResizeKernel::kLinear:
      return 1 - x;
    case ResizeKernel::kCubic: {
      constexpr double kA = -0.5;
      if (x < 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
      return (((x - 5) * x + 8) * x - 4) * kA;
    }
    default:
      return sinc(x) * sinc(x / 3);
  }
}

// Source samples that one of the result depends on, at most.
uint64_t taps_max(int source, double scale, ResizeKernel kernel) {
  const double support = reach(kernel) * std::max(scale, 1.0);
  return static_cast<uint64_t>(std::min(static_cast<double>(source), 2 * std::ceil(support) + 1));
}

// Result sample i is the sum of count(i) source samples from first(i) on, each times its weight.
class Axis {
 public:
  Axis(int source, double crop, double crop_size, int size, ResizeKernel kernel)
      : stride_(taps_max(source, crop_size / size, kernel)) {
    const double scale = crop_size / size;
    const double widening = std::max(scale, 1.0);
    const double support = reach(kernel) * widening;
    std::vector<double> taps(stride_);
    weights_.resize(static_cast<size_t>(size) * stride_);
    for (int i = 0; i < size; ++i) {
      const double center = std::clamp(crop + (i + 0.5) * scale, 0.0, static_cast<double>(source));
      const int first = static_cast<int>(std::max(center - support + 0.5, 0.0));
      const int end =
          static_cast<int>(std::min(center + support + 0.5, static_cast<double>(source)));
      const auto count = std::min(static_cast<size_t>(end - first), stride_);
      double sum = 0;
      for (size_t t = 0; t < count; ++t)
        sum += taps[t] =
            weight_at(kernel, (first + static_cast<double>(t) + 0.5 - center) * (1 / widening));
      for (size_t t = 0; t < count; ++t)
        weights_[static_cast<size_t>(i) * stride_ + t] =
            static_cast<int32_t>(std::round(taps[t] / sum * (1 << kFractionBits)));
      spans_.push_back({first, static_cast<int>(count)});
    }
  }

  int first(int i) const { return spans_[static_cast<size_t>(i)].first; }
  int count(int i) const { return spans_[static_cast<size_t>(i)].count; }
  int end(int i) const { return first(i) + count(i); }
  const int32_t* weights(int i) const { return &weights_[static_cast<size_t>(i) * stride_]; }
  int count_max() const { return std::ranges::max_element(spans_, {}, &Span::count)->count; }

 private:
  struct Span {
    int first;
    int count;
  };
  size_t stride_;
  std::vector<Span> spans_;
  std::vector<int32_t> weights_;
};

uint8_t to_sample(int32_t sum) {
  return static_cast<uint8_t>(
      std::clamp((sum + (1 << (kFractionBits - 1))) >> kFractionBits, 0, 255));
}

void resize_across(const Axis& axis, const uint8_t* in, uint8_t* out, int width) {
  for (int x = 0; x < width; ++x) {
    const uint8_t* const samples = in + axis.first(x);
    const int32_t* const weights = axis.weights(x);
    int32_t sum = 0;
    for (int t = 0, n = axis.count(x); t < n; ++t) sum += samples[t] * weights[t];
    out[x] = to_sample(sum);
  }
}

// The last rows of the source, or of it resized across.
class RowRing {
 public:
  static Result<RowRing> make(int rows, int width) {
    RowRing ring(rows);
    IMAGEMILL_ASSIGN_OR_RETURN(ring.image_, Image::allocate(width, rows, PixelFormat::rgb()));
    return ring;
  }
  uint8_t* row(int channel, int y) const { return image_.plane(channel).row<uint8_t>(y % rows_); }
  ChannelRows rows(int y) const { return {row(0, y), row(1, y), row(2, y)}; }
  int width() const { return image_.width(); }

 private:
  explicit RowRing(int rows) : rows_(rows) {}
  int rows_;
  Image image_;
};

void resize_down(const Axis& axis, int y, const RowRing& ring, int channel, int32_t* sums,
                 uint8_t* out) {
  const int width = ring.width();
  std::fill_n(sums, width, 0);
  for (int t = 0, n = axis.count(y); t < n; ++t) {
    const uint8_t* const in = ring.row(channel, axis.first(y) + t);
    const int32_t weight = axis.weights(y)[t];
    for (int x = 0; x < width; ++x) sums[x] += in[x] * weight;
  }
  for (int x = 0; x < width; ++x) out[x] = to_sample(sums[x]);
}

// A row of each channel.
struct Line {
  explicit Line(int width) : stride(static_cast<size_t>(width)), memory(kChannels * stride) {}
  ChannelRows rows() { return {&memory[0], &memory[stride], &memory[2 * stride]}; }
  size_t stride;
  std::vector<uint8_t> memory;
};

}  // namespace

Result<Image> pillow_resize(RgbRows& source, const PillowTarget& target, ResizeKernel kernel) {
  const Size size = source.size();
  const Axis across(size.width, target.crop_x, target.crop_width, target.width, kernel);
  const Axis down(size.height, target.crop_y, target.crop_height, target.height, kernel);
  IMAGEMILL_ASSIGN_OR_RETURN(const Image out,
                             Image::allocate(target.width, target.height, PixelFormat::rgb()));
  IMAGEMILL_ASSIGN_OR_RETURN(
      const RowRing ring,
      RowRing::make(down.count_max(), target.columns_first ? size.width : target.width));
  Line line(size.width);
  std::vector<int32_t> sums(static_cast<size_t>(ring.width()));
  int next = down.first(0);
  for (int y = 0; y < target.height; ++y) {
    for (; next < down.end(y); ++next) {
      source.row(next, target.columns_first ? ring.rows(next) : line.rows());
      for (size_t c = 0; c < kChannels && !target.columns_first; ++c)
        resize_across(across, line.rows()[c], ring.rows(next)[c], target.width);
    }
    for (int c = 0; c < kChannels; ++c) {
      auto* const result = out.plane(c).row<uint8_t>(y);
      uint8_t* const made = target.columns_first ? line.rows()[static_cast<size_t>(c)] : result;
      resize_down(down, y, ring, c, sums.data(), made);
      if (target.columns_first) resize_across(across, made, result, target.width);
    }
  }
  return out;
}

uint64_t pillow_resize_bytes(Size source, const PillowTarget& target, ResizeKernel kernel) {
  const auto width = static_cast<uint64_t>(target.width);
  const auto height = static_cast<uint64_t>(target.height);
  const uint64_t across = taps_max(source.width, target.crop_width / target.width, kernel);
  const uint64_t down = taps_max(source.height, target.crop_height / target.height, kernel);
  const auto rgb = [](uint64_t w, uint64_t h) { return kChannels * ((w + 63) / 64 * 64) * h; };
  const uint64_t ring_width = target.columns_first ? static_cast<uint64_t>(source.width) : width;
  const uint64_t weights = (width * (across + 2) + height * (down + 2)) * sizeof(int32_t);
  const uint64_t lines = rgb(static_cast<uint64_t>(source.width), 1) + sizeof(int32_t) * ring_width;
  return rgb(ring_width, down) + weights + lines + rgb(width, height);
}

}  // namespace imagemill
