// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A resize is one PlaneResizer run per channel, straight into the result where the colour model
// stays, else into a picture of the source's model at the result's size ("staged"), which one pass
// of ycbcr_rgb turns into the result.
#include "kernels/resize.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/depth.h"
#include "kernels/orient.h"
#include "kernels/planes.h"
#include "kernels/rows.h"
#include "kernels/ycbcr_rgb.h"

namespace imagemill {
namespace {

bool converts(ColorModel from, ColorModel to) {
  return from == to || (from != ColorModel::kCmyk && to != ColorModel::kCmyk);
}

// Between these models a sample of the result depends on three of the source.
bool needs_matrix(ColorModel from, ColorModel to) {
  return (from == ColorModel::kRgb && to != ColorModel::kRgb) ||
         (from == ColorModel::kYCbCr && to == ColorModel::kRgb);
}

void copy_plane(const Plane& from, const Plane& to, SampleType type) {
  for (int y = 0; y < to.height; ++y)
    std::copy_n(from.row<std::byte>(y), to.width * sample_bytes(type), to.row<std::byte>(y));
}

// Of a picture that has alpha.
const Plane& alpha_plane(const Image& image) { return image.plane(image.channels() - 1); }

bool is_opaque(const Image& image) {
  const Plane& alpha = alpha_plane(image);
  const auto all_of = [&alpha](auto opaque) {
    for (int y = 0; y < alpha.height; ++y) {
      const auto* row = alpha.row<decltype(opaque)>(y);
      if (!std::all_of(row, row + alpha.width, [opaque](auto v) { return v == opaque; }))
        return false;
    }
    return true;
  };
  switch (image.format().sample) {
    case SampleType::kU8:
      return all_of(uint8_t{255});
    case SampleType::kU16:
      return all_of(uint16_t{65535});
    case SampleType::kF16:
      return all_of(uint16_t{0x3c00});
    case SampleType::kF32:
      return all_of(1.0f);
  }
  return false;
}

// A float picture of the alpha that each sample of a chroma plane has: the mean over its pixels.
Result<Image> mean_alpha(const Image& image) {
  const PixelFormat& format = image.format();
  IMAGEMILL_ASSIGN_OR_RETURN(Image mean, Image::allocate(plane_width(format, 1, image.width()),
                                                         plane_height(format, 1, image.height()),
                                                         PixelFormat::gray(SampleType::kF32)));
  std::vector<float> row(static_cast<size_t>(mean.width()));
  for (int y = 0; y < mean.height(); ++y) {
    mean_alpha_row(image, y, row);
    std::ranges::copy(row, mean.plane(0).row<float>(y));
  }
  return mean;
}

// One resize: what is common to its planes.
class ResizeRun {
 public:
  ResizeRun(PlaneResizer& planes, const Image& src, const Image& dst, const PlaneWindow& window,
            ResizeKernel kernel, Orientation after)
      : planes_(planes), src_(src), dst_(dst), window_(window), kernel_(kernel), after_(after) {
    has_opaque_alpha_ = !src.format().has_alpha || is_opaque(src);
    weights_ = !has_opaque_alpha_ && kernel != ResizeKernel::kNearest;
    is_integer_ = src.format().sample == SampleType::kU8 && !weights_;
  }

  Result<> run() {
    IMAGEMILL_TRY(alpha_planes());
    if (needs_matrix(src_.format().model, dst_.format().model)) return through_matrix();
    const int colors = color_channels(dst_.format().model);
    const int common = std::min(colors, color_channels(src_.format().model));
    for (int c = 0; c < common; ++c) IMAGEMILL_TRY(channel(c, dst_, false));
    for (int c = common; c < colors; ++c) {  // grey to three channels
      if (dst_.format().model == ColorModel::kYCbCr)
        fill_plane(dst_.plane(c), dst_.format().sample, chroma_zero(dst_.format().sample));
      else
        copy_plane(dst_.plane(0), dst_.plane(c), dst_.format().sample);
    }
    return {};
  }

 private:
  // From the samples of source channel c to those of a plane of the result, 1 << shift pixels each.
  // A plane of an odd picture shows up to a pixel group more than the picture: at its end, or at
  // its start if it is to be mirrored.
  PlaneGeometry geometry(int c, const Plane& to, int to_shift_x, int to_shift_y) const {
    const bool chroma = is_chroma(src_.format(), c);
    const double from_x = chroma ? 1 << src_.format().chroma_shift_x : 1;
    const double from_y = chroma ? 1 << src_.format().chroma_shift_y : 1;
    const double pixel_x = window_.width / dst_.width();  // a pixel of the result, in the source's
    const double pixel_y = window_.height / dst_.height();
    const int shown_x = to.width << to_shift_x;
    const int shown_y = to.height << to_shift_y;
    const double x = window_.x - (mirrors_x(after_) ? shown_x - dst_.width() : 0) * pixel_x;
    const double y = window_.y - (mirrors_y(after_) ? shown_y - dst_.height() : 0) * pixel_y;
    const Plane& from = src_.plane(c);
    return {from.width, from.height, to.width, to.height,
            PlaneWindow{
                x / from_x, y / from_y,
                shown_x == dst_.width() ? window_.width / from_x : shown_x * pixel_x / from_x,
                shown_y == dst_.height() ? window_.height / from_y : shown_y * pixel_y / from_y}};
  }
  PlaneGeometry geometry(int c, const Image& to) const {
    const bool chroma = is_chroma(to.format(), c);
    return geometry(c, to.plane(c), chroma ? to.format().chroma_shift_x : 0,
                    chroma ? to.format().chroma_shift_y : 0);
  }

  Result<> alpha_planes();
  Result<> channel(int c, const Image& to, bool staged) {
    return channel(c, to.plane(c), to.format().sample, geometry(c, to), staged);
  }
  Result<> channel(int c, const Plane& plane, SampleType type, const PlaneGeometry& where,
                   bool staged);
  Result<> through_matrix();
  Result<> mix(const Image& planes, PlaneScale scale) const;
  PlaneInput input(int c) const;

  PlaneResizer& planes_;
  const Image& src_;
  const Image& dst_;
  const PlaneWindow window_;
  const ResizeKernel kernel_;
  const Orientation after_;
  bool has_opaque_alpha_ = true;
  bool weights_ = false;     // colours are weighted with alpha
  bool is_integer_ = false;  // resampled in 16-bit integers
  Image alpha_;              // float, on the grid of the result; when weights_
  Image chroma_alpha_;       // the source's, on its chroma grid; when weights_ and subsampled
};

PlaneInput ResizeRun::input(int c) const {
  const SampleType type = src_.format().sample;
  const Plane& plane = src_.plane(c);
  if (is_integer_) return {WorkSample::kU8, plane, nullptr};
  const bool weighted = weights_ && c != src_.alpha_channel();
  if (type == SampleType::kF32 && !weighted) return {WorkSample::kF32, plane, nullptr};
  if (!weighted)
    return {WorkSample::kF32, plane, [&plane, type](int y, int left, int right, void* row) {
              const size_t at = static_cast<size_t>(left);
              load_row_f32(plane.row<std::byte>(y) + at * static_cast<size_t>(sample_bytes(type)),
                           type, static_cast<float*>(row) + at, static_cast<size_t>(right - left));
            }};

  const bool on_chroma_grid = is_chroma(src_.format(), c) && src_.format().is_subsampled();
  const Plane& alpha = on_chroma_grid ? chroma_alpha_.plane(0) : alpha_plane(src_);
  const SampleType alpha_type = on_chroma_grid ? SampleType::kF32 : type;
  const float zero = is_chroma(src_.format(), c) ? chroma_zero(type) : 0.0f;
  return {WorkSample::kF32, plane,
          [=, &plane, &alpha, weight = std::vector<float>(static_cast<size_t>(plane.width))](
              int y, int left, int right, void* row) mutable {
            const auto at = static_cast<size_t>(left);
            const auto n = static_cast<size_t>(right - left);
            float* const out = static_cast<float*>(row) + at;
            load_row_f32(plane.row<std::byte>(y) + at * static_cast<size_t>(sample_bytes(type)),
                         type, out, n);
            load_row_f32(
                alpha.row<std::byte>(y) + at * static_cast<size_t>(sample_bytes(alpha_type)),
                alpha_type, weight.data(), n);
            premultiply_row(out, weight.data(), zero, n);
          }};
}

Result<> ResizeRun::alpha_planes() {
  if (!dst_.format().has_alpha) return {};
  const SampleType type = dst_.format().sample;
  const Plane& to = alpha_plane(dst_);
  if (has_opaque_alpha_) {
    fill_plane(to, type, 1.0f);
    return {};
  }
  const int c = src_.channels() - 1;
  if (!weights_) return channel(c, to, type, geometry(c, to, 0, 0), false);  // nearest
  IMAGEMILL_ASSIGN_OR_RETURN(
      alpha_, Image::allocate(dst_.width(), dst_.height(), PixelFormat::gray(SampleType::kF32)));
  IMAGEMILL_TRY(planes_.run(geometry(c, alpha_.plane(0), 0, 0), kernel_, input(c),
                            {WorkSample::kF32, alpha_.plane(0), nullptr}));
  const auto n = static_cast<size_t>(to.width);
  std::vector<float> row(n);
  for (int y = 0; y < to.height; ++y) {
    std::copy_n(alpha_.plane(0).row<float>(y), n, row.data());
    clamp_row(row.data(), n);
    store_row_f32(row.data(), type, to.row<std::byte>(y), n);
  }
  if (src_.format().is_subsampled()) {
    IMAGEMILL_ASSIGN_OR_RETURN(chroma_alpha_, mean_alpha(src_));
  }
  return {};
}

// Channel c of the source into a plane. A staged plane is float or has 8 fractional bits.
Result<> ResizeRun::channel(int c, const Plane& plane, SampleType type, const PlaneGeometry& where,
                            bool staged) {
  const bool chroma = is_chroma(src_.format(), c);
  const float from_zero = chroma ? chroma_zero(src_.format().sample) : 0.0f;
  const float to_zero = !chroma ? 0.0f : staged ? from_zero : chroma_zero(type);
  const float offset = to_zero - (is_integer_ ? from_zero : weights_ ? 0.0f : from_zero);

  if (is_integer_ && staged)
    return planes_.run(where, kernel_, input(c), {WorkSample::kFrac8, plane, nullptr});
  if (is_integer_ && type == SampleType::kU8)
    return planes_.run(where, kernel_, input(c), {WorkSample::kU8, plane, nullptr});
  const bool clamps = !staged && is_float(type) && !is_float(src_.format().sample);
  if (!is_integer_ && !weights_ && type == SampleType::kF32 && offset == 0 && !clamps)
    return planes_.run(where, kernel_, input(c), {WorkSample::kF32, plane, nullptr});

  // The alpha of this plane's grid, to divide by.
  Image grid_alpha = alpha_;
  const int alpha_channel = src_.channels() - 1;
  const bool own_source_grid = chroma && src_.format().is_subsampled();
  if (weights_ && (own_source_grid || where != geometry(alpha_channel, alpha_.plane(0), 0, 0))) {
    IMAGEMILL_ASSIGN_OR_RETURN(grid_alpha, Image::allocate(plane.width, plane.height,
                                                           PixelFormat::gray(SampleType::kF32)));
    const PlaneInput source_alpha =
        own_source_grid ? PlaneInput{WorkSample::kF32, chroma_alpha_.plane(0), nullptr}
                        : input(alpha_channel);
    IMAGEMILL_TRY(planes_.run(where, kernel_, source_alpha,
                              {WorkSample::kF32, grid_alpha.plane(0), nullptr}));
  }
  std::vector<float> work(static_cast<size_t>(plane.width));
  const auto write = [&](int y, int left, int right, const void* row) {
    const auto at = static_cast<size_t>(left);
    const auto n = static_cast<size_t>(right - left);
    std::byte* const out = plane.row<std::byte>(y) + at * static_cast<size_t>(sample_bytes(type));
    if (is_integer_ && offset == 0)
      return store_row_frac8(static_cast<const uint16_t*>(row) + at, type, out, n);
    if (is_integer_)
      store_row_frac8(static_cast<const uint16_t*>(row) + at, SampleType::kF32, work.data(), n);
    else
      std::copy_n(static_cast<const float*>(row) + at, n, work.data());
    if (weights_)
      unpremultiply_row(work.data(), grid_alpha.plane(0).row<float>(y) + at, to_zero, n);
    else if (offset != 0)
      add_to_row(work.data(), offset, n);
    if (clamps) clamp_row(work.data(), n);
    store_row_f32(work.data(), type, out, n);
  };
  return planes_.run(where, kernel_, input(c),
                     {is_integer_ ? WorkSample::kFrac8 : WorkSample::kF32, plane, write});
}

Result<> ResizeRun::through_matrix() {
  const SampleType from = src_.format().sample;
  const PlaneWindow all{0, 0, static_cast<double>(dst_.width()),
                        static_cast<double>(dst_.height())};
  if (!src_.format().is_subsampled() && src_.width() == dst_.width() &&
      src_.height() == dst_.height() && window_ == all)
    return mix(src_, PlaneScale::kNominal);
  const PixelFormat format{is_integer_ ? SampleType::kU16 : SampleType::kF32, src_.format().model};
  IMAGEMILL_ASSIGN_OR_RETURN(const Image staged,
                             Image::allocate(dst_.width(), dst_.height(), format));
  for (int c = 0; c < 3; ++c) IMAGEMILL_TRY(channel(c, staged, true));
  const PlaneScale scale = is_integer_                ? PlaneScale::kFrac8
                           : from == SampleType::kU8  ? PlaneScale::kFrom8
                           : from == SampleType::kU16 ? PlaneScale::kFrom16
                                                      : PlaneScale::kNominal;
  return mix(staged, scale);
}

Result<> ResizeRun::mix(const Image& planes, PlaneScale scale) const {
  if (src_.format().model == ColorModel::kRgb)
    return rgb_to_ycbcr(planes, scale, src_.color.matrix, dst_);
  ycbcr_to_rgb(planes, scale, src_.color.matrix, dst_);
  return {};
}

Result<PlaneWindow> window_of(const Image& src, const ResizeTarget& target) {
  const PlaneWindow w{target.crop_x, target.crop_y,
                      target.crop_w == 0 ? src.width() - target.crop_x : target.crop_w,
                      target.crop_h == 0 ? src.height() - target.crop_y : target.crop_h};
  // Negated so that NaN is refused too; rounding of a computed window may reach past the edge.
  constexpr double kSlack = 1e-6;
  if (!(w.x >= 0 && w.y >= 0 && w.width > 0 && w.height > 0 &&
        w.x + w.width <= src.width() + kSlack && w.y + w.height <= src.height() + kSlack))
    return fail(Code::kInvalidArgument, "resize: window {}x{}+{}+{} of a picture of {}x{}", w.width,
                w.height, w.x, w.y, src.width(), src.height());
  return w;
}

Result<> check(const Image& src, const PixelFormat& to) {
  const PixelFormat& from = src.format();
  if (!converts(from.model, to.model))
    return fail(Code::kUnsupported, "resize: {} to {} needs a colour conversion", to_string(from),
                to_string(to));
  if (from.has_alpha && !to.has_alpha)
    return fail(Code::kInvalidArgument, "resize: {} to {} would drop alpha", to_string(from),
                to_string(to));
  return {};
}

}  // namespace

Result<Image> Resizer::resize(const Image& src, const ResizeTarget& target, ResizeKernel kernel) {
  if (src.empty()) return fail(Code::kInvalidArgument, "resize of a picture without pixels");
  IMAGEMILL_ASSIGN_OR_RETURN(const PlaneWindow window, window_of(src, target));
  if (target.width == src.width() && target.height == src.height() &&
      target.format == src.format() &&
      window ==
          PlaneWindow{0, 0, static_cast<double>(src.width()), static_cast<double>(src.height())})
    return src;
  IMAGEMILL_TRY(check(src, target.format));
  IMAGEMILL_ASSIGN_OR_RETURN(Image dst,
                             Image::allocate(target.width, target.height, target.format));
  IMAGEMILL_TRY(resize_into(src, dst, kernel, target));
  return dst;
}

Result<> Resizer::resize_into(const Image& src, Image& dst, ResizeKernel kernel,
                              const ResizeTarget& how) {
  if (src.empty() || dst.empty())
    return fail(Code::kInvalidArgument, "resize of a picture without pixels");
  IMAGEMILL_TRY(check(src, dst.format()));
  IMAGEMILL_ASSIGN_OR_RETURN(const PlaneWindow window, window_of(src, how));
  dst.color = src.color;
  return ResizeRun(planes_, src, dst, window, kernel, how.orientation_after).run();
}

}  // namespace imagemill
