// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/picture_variants.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/alpha.h"
#include "kernels/blur.h"
#include "kernels/orient.h"

namespace imagemill {
namespace {

constexpr std::array<PictureVariant, 7> kVariants = {{
    {"unchanged", "the file as it is"},
    {"mirrored", "left to right"},
    {"blurred", "by a Gaussian of 1/320 of the shorter side"},
    {"jpeg 75", "encoded again as JPEG of quality 75, 4:2:0"},
    {"jpeg 30", "encoded again as JPEG of quality 30, 4:2:0"},
    {"half size", "width and height halved"},
    {"brighter", "every sample times 1.2"},
}};

constexpr int64_t kPngPixelsMax = 4'000'000;

Result<Image> brighter(const Image& src) {
  IMAGEMILL_ASSIGN_OR_RETURN(Image out, src.clone());
  for (int c = 0; c < out.channels(); ++c)
    for (int y = 0; y < out.height(); ++y) {
      uint8_t* const row = out.plane(c).row<uint8_t>(y);
      for (int x = 0; x < out.width(); ++x)
        row[x] = static_cast<uint8_t>(std::min(255l, std::lround(row[x] * 1.2)));
    }
  return out;
}

class Maker {
 public:
  using Take = std::function<Result<>(size_t variant, std::string_view extension, ByteSpan bytes)>;

  Maker(const CodecSet& codecs, ViewTools& tools, const Take& take)
      : codecs_(codecs), tools_(tools), take_(take) {}

  Result<> run(ByteSpan file) {
    IMAGEMILL_ASSIGN_OR_RETURN(const Image picture, open(file));
    IMAGEMILL_TRY(take_(0, "", file));
    IMAGEMILL_ASSIGN_OR_RETURN(const Image mirrored,
                               apply_orientation(picture, Orientation::kFlipHorizontal));
    IMAGEMILL_TRY(give_whole(1, mirrored));
    IMAGEMILL_ASSIGN_OR_RETURN(const Image blurred,
                               blur(picture, std::min(picture.width(), picture.height()) / 320.0));
    IMAGEMILL_TRY(give_whole(2, blurred));
    IMAGEMILL_TRY(give(3, FileFormat::kJpeg, picture, {.quality = 75}));
    IMAGEMILL_TRY(give(4, FileFormat::kJpeg, picture, {.quality = 30}));
    IMAGEMILL_ASSIGN_OR_RETURN(const Image half,
                               tools_.resizer.resize(picture,
                                                     {.width = std::max(1, picture.width() / 2),
                                                      .height = std::max(1, picture.height() / 2),
                                                      .format = picture.format()},
                                                     ResizeKernel::kLanczos3));
    IMAGEMILL_TRY(give_whole(5, half));
    IMAGEMILL_ASSIGN_OR_RETURN(const Image bright, brighter(picture));
    return give_whole(6, bright);
  }

 private:
  // As it is seen, in 8-bit sRGB on white.
  Result<Image> open(ByteSpan file) {
    IMAGEMILL_ASSIGN_OR_RETURN(const Decoded decoded, codecs_.decode(file, {}));
    const ImageHeader& header = decoded.header;
    std::optional<std::string> warning;
    IMAGEMILL_ASSIGN_OR_RETURN(
        const Image view,
        make_view(decoded,
                  {.size = oriented({header.width, header.height}, header.orientation),
                   .color = ViewColor::kSrgbRgb,
                   .bits_max = 8},
                  tools_, warning));
    return flatten(view, {1, 1, 1});
  }

  Result<> give_whole(size_t variant, const Image& image) const {
    if (int64_t{image.width()} * image.height() <= kPngPixelsMax)
      return give(variant, FileFormat::kPng, image, {.png_level = 1});
    return give(variant, FileFormat::kJpeg, image, {.quality = 95, .subsample_chroma = false});
  }

  Result<> give(size_t variant, FileFormat format, const Image& image,
                const EncodeOptions& options) const {
    IMAGEMILL_ASSIGN_OR_RETURN(const Bytes bytes,
                               codecs_.encoder_for(format)->encode(image, options, {}));
    return take_(variant, format_extension(format), bytes);
  }

  const CodecSet& codecs_;
  ViewTools& tools_;
  const Take& take_;
};

}  // namespace

std::span<const PictureVariant> picture_variants() { return kVariants; }

Result<> make_variants(ByteSpan file, const CodecSet& codecs, ViewTools& tools,
                       const std::function<Result<>(size_t variant, std::string_view extension,
                                                    ByteSpan bytes)>& take) {
  return Maker(codecs, tools, take).run(file);
}

}  // namespace imagemill
