// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/pillow_view.h"

#include <cstring>
#include <optional>
#include <vector>

#include "kernels/jpeg_rgb_rows.h"
#include "kernels/pillow_resize.h"
#include "kernels/rows.h"

namespace imagemill {
namespace {

constexpr size_t kColors = 3;

// Rows of any picture that is not YCbCr, or of what JpegRgbRows takes.
class SrgbRows final : public RgbRows {
 public:
  SrgbRows(const Image& image, const ColorTransform* transform)
      : image_(image), transform_(transform), floats_(width()), line_(kColors * width()) {
    if (JpegRgbRows::takes(image)) jpeg_.emplace(image);
  }

  Size size() const override { return {image_.width(), image_.height()}; }

  void row(int y, const std::array<uint8_t*, kColors>& out) override {
    const ColorModel model = fill_colors(y, out);
    if (model == ColorModel::kGray)
      for (size_t c = 1; c < kColors; ++c) std::memcpy(out[c], out[0], width());
    if (image_.format().has_alpha) put_on_white(y, out);
  }

 private:
  size_t width() const { return static_cast<size_t>(image_.width()); }

  ColorModel fill_colors(int y, const std::array<uint8_t*, kColors>& out) {
    if (transform_ == nullptr && jpeg_) {
      jpeg_->row(y, out);
      return ColorModel::kRgb;
    }
    if (transform_ == nullptr) {
      for (int c = 0; c < color_channels(image_.format().model); ++c)
        load_8bit(image_.plane(c), y, out[static_cast<size_t>(c)]);
      return image_.format().model;
    }
    std::array<const void*, kMaxPlanes> in{};
    if (jpeg_) {
      const std::array<uint8_t*, kColors> rgb = {&line_[0], &line_[width()], &line_[2 * width()]};
      jpeg_->row(y, rgb);
      std::ranges::copy(rgb, in.begin());
    } else {
      for (int c = 0; c < color_channels(image_.format().model); ++c)
        in[static_cast<size_t>(c)] = image_.plane(c).row<void>(y);
    }
    const std::array<void*, kColors> made = {out[0], out[1], out[2]};
    transform_->row(made.data(), in.data(), image_.width());
    return transform_->destination().model;
  }

  void load_8bit(const Plane& plane, int y, uint8_t* out) {
    const SampleType sample = image_.format().sample;
    if (sample == SampleType::kU8) {
      std::memcpy(out, plane.row<uint8_t>(y), width());
      return;
    }
    load_row_f32(plane.row<std::byte>(y), sample, floats_.data(), width());
    store_row_f32(floats_.data(), SampleType::kU8, out, width());
  }

  void put_on_white(int y, const std::array<uint8_t*, kColors>& out) {
    load_8bit(image_.plane(image_.alpha_channel()), y, line_.data());
    for (uint8_t* const color : out)
      for (size_t x = 0; x < width(); ++x) {
        const int alpha = line_[x];
        color[x] = static_cast<uint8_t>((color[x] * alpha + 255 * (255 - alpha) + 127) / 255);
      }
  }

  const Image& image_;
  const ColorTransform* transform_;
  std::optional<JpegRgbRows> jpeg_;
  std::vector<float> floats_;
  std::vector<uint8_t> line_;
};

PillowTarget target_of(Size size, Orientation orientation, const ResizeTarget& window) {
  const bool is_whole = window.crop_w == 0;
  return {.width = window.width,
          .height = window.height,
          .crop_x = window.crop_x,
          .crop_y = window.crop_y,
          .crop_width = is_whole ? size.width : window.crop_w,
          .crop_height = is_whole ? size.height : window.crop_h,
          .columns_first = swaps_axes(orientation)};
}

// What has to be made RGB whole: high depths and other matrices, of HEIC and AVIF.
PixelFormat rgb_of(const PixelFormat& format) {
  return PixelFormat::rgb(format.sample, format.has_alpha);
}

}  // namespace

Result<Image> make_pillow_view(const Image& image, Orientation orientation,
                               const ResizeTarget& window, ResizeKernel kernel,
                               const ColorTransform* transform, ViewTools& tools) {
  const Size size{image.width(), image.height()};
  Image whole = image;
  if (image.format().model == ColorModel::kYCbCr && !JpegRgbRows::takes(image)) {
    IMAGEMILL_ASSIGN_OR_RETURN(
        whole,
        tools.resizer.resize(
            image, {.width = size.width, .height = size.height, .format = rgb_of(image.format())},
            kernel));
  }
  SrgbRows rows(whole, transform);
  return pillow_resize(rows, target_of(size, orientation, window), kernel);
}

uint64_t pillow_view_bytes(const ImageHeader& header, const ResizeTarget& window,
                           ResizeKernel kernel) {
  const PixelFormat& format = header.pixel_format;
  const Size size{header.width, header.height};
  // A line of floats and of 8-bit RGB, upsampled chroma and sums of it.
  uint64_t bytes = uint64_t{16} * static_cast<uint64_t>(header.width) +
                   pillow_resize_bytes(size, target_of(size, header.orientation, window), kernel);
  if (format.model == ColorModel::kYCbCr && header.format != FileFormat::kJpeg)
    bytes += image_bytes(size.width, size.height, rgb_of(format)).value_or(SIZE_MAX / 4);
  return bytes;
}

}  // namespace imagemill
