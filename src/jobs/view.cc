// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/view.h"

#include <algorithm>
#include <cmath>

#include "jobs/pillow_view.h"
#include "kernels/alpha.h"
#include "kernels/orient.h"

namespace imagemill {
namespace {

struct Window {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

// The request's window in the stored raster (before orientation), in units of the full picture's
// pixels.
Window stored_window(const ImageHeader& header, const ViewRequest& r) {
  const Size seen = oriented({header.width, header.height}, header.orientation);
  if (r.window_width == 0)
    return {0, 0, static_cast<double>(header.width), static_cast<double>(header.height)};
  double x = r.window_x, y = r.window_y, w = r.window_width, h = r.window_height;
  // Undo the turn: mirror in the seen raster, then swap the axes.
  const int o = static_cast<int>(header.orientation);
  const bool mirror_x = o == 2 || o == 3 || o == 6 || o == 7;
  const bool mirror_y = o == 3 || o == 4 || o == 7 || o == 8;
  if (mirror_x) x = seen.width - x - w;
  if (mirror_y) y = seen.height - y - h;
  if (swaps_axes(header.orientation)) {
    std::swap(x, y);
    std::swap(w, h);
  }
  return {x, y, w, h};
}

Size stored_size(const ImageHeader& header, const ViewRequest& r) {
  return oriented(r.size, header.orientation);
}

SampleType sample_within(SampleType sample, int bits_min, int bits_max) {
  const int bits = 8 * sample_bytes(sample);
  if (bits < bits_min) return SampleType::kU16;
  if (bits <= bits_max && (bits_max >= 32 || !is_float(sample))) return sample;
  return bits_max >= 16 ? SampleType::kU16 : SampleType::kU8;
}

// What the resize makes, before colours are converted and the picture is turned.
PixelFormat resized_format(PixelFormat format, const ViewRequest& r, bool transforms) {
  const bool is_turned_chroma = format.model == ColorModel::kYCbCr;
  switch (r.color) {
    case ViewColor::kLuma:
      if (!transforms) return {SampleType::kU8, ColorModel::kGray, format.has_alpha};
      break;
    case ViewColor::kRgbFloat:
      if (!transforms) return {SampleType::kF32, ColorModel::kRgb, format.has_alpha};
      break;
    case ViewColor::kAsStored:
    case ViewColor::kSrgb:
      if (!transforms && is_turned_chroma) {
        format.sample = sample_within(format.sample, r.bits_min, r.bits_max);
        format.chroma_shift_x = format.chroma_shift_y = 1;
        return format;
      }
      break;
    case ViewColor::kAsStoredRgb:
    case ViewColor::kSrgbRgb:
      break;
  }
  if (format.model == ColorModel::kYCbCr)
    format = {format.sample, ColorModel::kRgb, format.has_alpha};
  if (!transforms) format.sample = sample_within(format.sample, r.bits_min, r.bits_max);
  return format;
}

bool wants_srgb(ViewColor color) {
  return color != ViewColor::kAsStored && color != ViewColor::kAsStoredRgb;
}

// How the resized picture becomes sRGB; null when it already is. A broken profile is taken for
// sRGB, and said.
Result<std::shared_ptr<const ColorTransform>> plan_conversion(const Image& image,
                                                              const ViewRequest& r,
                                                              ViewTools& tools,
                                                              std::optional<std::string>& warning) {
  const ColorSpace& space = image.color;
  const bool is_plain = !space.icc && space.transfer == TransferFunction::kSrgb &&
                        space.primaries == Primaries::kBt709;
  if (!wants_srgb(r.color) || (is_plain && image.format().model != ColorModel::kCmyk))
    return nullptr;
  PixelFormat source = image.format();
  if (source.model == ColorModel::kYCbCr)
    source = {source.sample, ColorModel::kRgb, source.has_alpha};
  const bool linear = is_float(source.sample) && r.bits_max >= 32;
  const SampleType sample =
      linear ? SampleType::kF32
             : sample_within(source.sample, r.bits_min, std::min(r.bits_max, 16));
  auto transform = tools.colors.get(source, space, {.sample = sample});
  if (!transform && transform.error().code() == Code::kCorruptInput) {
    warning = fmt::format("colour profile ignored: {}", transform.error().message());
    // CMYK without a usable profile still has to become something.
    if (source.model == ColorModel::kCmyk) return tools.colors.get(source, {}, {.sample = sample});
    return nullptr;
  }
  if (transform && (*transform)->is_identity()) return nullptr;
  return transform;
}

// What is left to do to an upright sRGB picture whose conversion made it RGB.
Result<Image> finish_color(Image image, const ViewRequest& r, ViewTools& tools) {
  PixelFormat format = image.format();
  if (r.color == ViewColor::kLuma) format = {SampleType::kU8, ColorModel::kGray, format.has_alpha};
  if (r.color == ViewColor::kRgbFloat)
    format = {SampleType::kF32, ColorModel::kRgb, format.has_alpha};
  if (format == image.format()) return image;
  return tools.resizer.resize(
      image, {.width = image.width(), .height = image.height(), .format = format}, r.kernel);
}

// The request's window of a picture that was decoded at a scale, made as large as the request.
ResizeTarget resize_target(const ImageHeader& header, const ViewRequest& r,
                           const PixelFormat& format, double scale) {
  const Size size = stored_size(header, r);
  ResizeTarget target{.width = size.width,
                      .height = size.height,
                      .format = format,
                      .orientation_after = header.orientation};
  if (r.window_width == 0 && scale == 1) return target;
  const Window window = stored_window(header, r);
  target.crop_x = window.x * scale;
  target.crop_y = window.y * scale;
  target.crop_w = window.width * scale;
  target.crop_h = window.height * scale;
  return target;
}

// Not the ratio of the widths: a scaled decode rounds its size up, and its last column may stand
// for less than the others do. Taking it for whole would shift the picture by up to half a pixel.
double scale_of(const Decoded& decoded) {
  return static_cast<double>(decoded.scale_num) / decoded.scale_den;
}

// In the view's colours, but not upright yet.
Result<Image> resize(const Decoded& decoded, const ViewRequest& r, const ColorTransform* transform,
                     ViewTools& tools) {
  const Image& image = decoded.image;
  const PixelFormat format = resized_format(image.format(), r, transform != nullptr);
  const ResizeTarget target = resize_target(decoded.header, r, format, scale_of(decoded));
  if (r.resampling == Resampling::kPillow)
    return make_pillow_view(image, decoded.header.orientation, target, r.kernel, transform, tools);
  IMAGEMILL_ASSIGN_OR_RETURN(Image view, tools.resizer.resize(image, target, r.kernel));
  return transform != nullptr ? transform->apply(view) : std::move(view);
}

}  // namespace

std::optional<Size> least_decode_size(const ImageHeader& header,
                                      std::span<const ViewRequest> requests) {
  if (requests.empty()) return std::nullopt;
  Size least;
  for (const ViewRequest& r : requests) {
    if (r.resampling == Resampling::kPillow) return Size{};
    const Window window = stored_window(header, r);
    const Size size = stored_size(header, r);
    // The whole picture at the scale at which the window has oversampling x size pixels.
    const auto needed = [&](int full, int target, double part) {
      const double side =
          std::ceil(static_cast<double>(full) * target * r.oversampling / part - 1e-6);
      return static_cast<int>(std::min<double>(full, side));
    };
    least.width = std::max(least.width, needed(header.width, size.width, window.width));
    least.height = std::max(least.height, needed(header.height, size.height, window.height));
  }
  return least;
}

uint64_t view_bytes(const ImageHeader& header, const ViewRequest& r) {
  const PixelFormat& stored = header.pixel_format;
  const auto bytes_as = [&](const PixelFormat& format) -> uint64_t {
    return image_bytes(r.size.width, r.size.height, format).value_or(SIZE_MAX / 4);
  };
  if (r.resampling == Resampling::kPillow)
    return 2 * bytes_as(PixelFormat::rgb(SampleType::kF32)) +
           pillow_view_bytes(header, resize_target(header, r, {}, 1), r.kernel);
  // Other formats can say in more ways than a profile that they are not sRGB.
  const bool converts =
      wants_srgb(r.color) &&
      (header.has_icc || header.format != FileFormat::kJpeg || stored.model == ColorModel::kCmyk);
  const PixelFormat resized = resized_format(stored, r, converts);
  const Size seen = oriented({header.width, header.height}, header.orientation);
  const bool is_whole =
      r.size == seen &&
      (r.window_width == 0 || (r.window_width == seen.width && r.window_height == seen.height));
  // Every step makes a picture from the one before, which is then let go.
  int steps = 0;
  uint64_t bytes = bytes_as(resized);
  if (!is_whole || resized != stored) ++steps;
  if (header.orientation != Orientation::kNormal) ++steps;
  if (converts) {
    ++steps;
    const SampleType sample = r.color == ViewColor::kRgbFloat
                                  ? SampleType::kF32
                                  : sample_within(stored.sample, r.bits_min, r.bits_max);
    bytes = std::max(bytes, bytes_as({sample, ColorModel::kRgb, stored.has_alpha}));
    if (r.color == ViewColor::kLuma || r.color == ViewColor::kRgbFloat) ++steps;
  }
  return static_cast<uint64_t>(std::min(steps, 2)) * bytes;
}

Result<Image> make_view(const Decoded& decoded, const ViewRequest& r, ViewTools& tools,
                        std::optional<std::string>& warning) {
  const Image& image = decoded.image;
  const Orientation orientation = decoded.header.orientation;
  IMAGEMILL_ASSIGN_OR_RETURN(const auto transform, plan_conversion(image, r, tools, warning));
  IMAGEMILL_ASSIGN_OR_RETURN(Image view, resize(decoded, r, transform.get(), tools));
  IMAGEMILL_ASSIGN_OR_RETURN(view, apply_orientation(view, orientation));
  if (!wants_srgb(r.color)) return view;
  // It is sRGB now, or taken for it: whoever encodes it must not attach the old profile.
  const YCbCrMatrix matrix = view.color.matrix;
  const bool is_linear = view.color.transfer == TransferFunction::kLinear && transform != nullptr;
  view.color = {.transfer = is_linear ? TransferFunction::kLinear : TransferFunction::kSrgb,
                .matrix = matrix};
  return finish_color(std::move(view), r, tools);
}

Result<> make_view_into(const Decoded& decoded, const ViewRequest& r, ViewTools& tools, Image& out,
                        std::optional<std::string>& warning) {
  const Image& image = decoded.image;
  IMAGEMILL_ASSIGN_OR_RETURN(const auto transform, plan_conversion(image, r, tools, warning));
  const bool is_direct = r.resampling == Resampling::kDirect && transform == nullptr &&
                         !image.format().has_alpha &&
                         decoded.header.orientation == Orientation::kNormal;
  if (is_direct)
    return tools.resizer.resize_into(
        image, out, r.kernel, resize_target(decoded.header, r, out.format(), scale_of(decoded)));
  IMAGEMILL_ASSIGN_OR_RETURN(Image view, make_view(decoded, r, tools, warning));
  IMAGEMILL_ASSIGN_OR_RETURN(view, flatten(view, {1, 1, 1}));
  view.copy_pixels_to(out);
  return {};
}

}  // namespace imagemill
