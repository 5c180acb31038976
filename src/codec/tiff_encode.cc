// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <tiffio.h>

#include <algorithm>
#include <vector>

#include "codec/exif_prefix.h"
#include "codec/interleave.h"
#include "codec/registry.h"
#include "codec/tiff_directory.h"
#include "codec/tiff_file.h"
#include "image/exif.h"

namespace imagemill {
namespace {

// Large enough for deflate to see repetition, small enough for readers that want one region.
constexpr size_t kStripBytes = 256 << 10;

constexpr int kDeflateLevel = 6;

// Above this, deflate may fail to shrink the samples enough for the 32-bit offsets of plain TIFF.
constexpr uint64_t kLargeBytes = uint64_t{3} << 30;

uint16_t photometric_of(ColorModel model) {
  switch (model) {
    case ColorModel::kGray:
      return PHOTOMETRIC_MINISBLACK;
    case ColorModel::kCmyk:
      return PHOTOMETRIC_SEPARATED;
    default:
      return PHOTOMETRIC_RGB;
  }
}

void describe(TIFF* tiff, const Image& image, uint32_t rows_per_strip) {
  const PixelFormat& format = image.format();
  const bool is_real = is_float(format.sample);
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<uint32_t>(image.width()));
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<uint32_t>(image.height()));
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8 * sample_bytes(format.sample));
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, format.channels());
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, is_real ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, photometric_of(format.model));
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, rows_per_strip);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
  TIFFSetField(tiff, TIFFTAG_ZIPQUALITY, kDeflateLevel);
  TIFFSetField(tiff, TIFFTAG_PREDICTOR, is_real ? PREDICTOR_FLOATINGPOINT : PREDICTOR_HORIZONTAL);
  if (format.model == ColorModel::kCmyk) TIFFSetField(tiff, TIFFTAG_INKSET, INKSET_CMYK);
  if (format.has_alpha) {
    const uint16_t kind = EXTRASAMPLE_UNASSALPHA;
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &kind);
  }
}

void describe(TIFF* tiff, const Metadata& metadata) {
  if (metadata.icc != nullptr && !metadata.icc->empty())
    TIFFSetField(tiff, TIFFTAG_ICCPROFILE, static_cast<uint32_t>(metadata.icc->size()),
                 metadata.icc->data());
  if (!metadata.xmp.empty())
    TIFFSetField(tiff, TIFFTAG_XMLPACKET, static_cast<uint32_t>(metadata.xmp.size()),
                 metadata.xmp.data());
  const Orientation orientation = exif_orientation(metadata.exif);
  if (orientation != Orientation::kNormal)
    TIFFSetField(tiff, TIFFTAG_ORIENTATION, static_cast<int>(orientation));
}

Result<> write_strips(const TiffFile& file, const Image& image, int rows_per_strip) {
  const size_t row_bytes = interleaved_row_bytes(image);
  std::vector<std::byte> strip(row_bytes * static_cast<size_t>(rows_per_strip));
  uint32_t index = 0;
  for (int y = 0; y < image.height(); y += rows_per_strip, ++index) {
    const int rows = std::min(rows_per_strip, image.height() - y);
    for (int i = 0; i < rows; ++i)
      interleave_row(strip.data() + static_cast<size_t>(i) * row_bytes, image, y + i);
    const auto bytes = static_cast<tmsize_t>(static_cast<size_t>(rows) * row_bytes);
    if (TIFFWriteEncodedStrip(file.tiff(), index, strip.data(), bytes) != bytes)
      return fail(Code::kResourceExhausted, "TIFF: strip {} cannot be written: {}", index,
                  file.last_error());
  }
  return {};
}

class TiffEncoder final : public Encoder {
 public:
  EncoderTraits traits() const override {
    return {.alpha = true,
            .u16 = true,
            .f32 = true,
            .gray = true,
            .ycbcr = false,
            .cmyk = true,
            .max_side = INT32_MAX};
  }

  Result<Bytes> encode(const Image& image, const EncodeOptions&,
                       const Metadata& metadata) const override {
    const PixelFormat& format = image.format();
    if (image.empty() || format.model == ColorModel::kYCbCr)
      return fail(Code::kInvalidArgument,
                  "TIFF: cannot store a picture of {}, expected gray, RGB or CMYK",
                  to_string(format));
    const size_t row_bytes = interleaved_row_bytes(image);
    const uint64_t bytes = static_cast<uint64_t>(row_bytes) * static_cast<uint64_t>(image.height());
    const int rows_per_strip = static_cast<int>(
        std::clamp<size_t>(kStripBytes / row_bytes, 1, static_cast<size_t>(image.height())));
    const auto file = TiffFile::create(bytes > kLargeBytes);
    if (file->tiff() == nullptr)
      return fail(Code::kResourceExhausted, "TIFF: no memory for an encoder: {}",
                  file->last_error());
    describe(file->tiff(), image, static_cast<uint32_t>(rows_per_strip));
    describe(file->tiff(), metadata);
    IMAGEMILL_TRY(write_strips(*file, image, rows_per_strip));
    if (TIFFFlush(file->tiff()) != 1)
      return fail(Code::kResourceExhausted, "TIFF: directory cannot be written: {}",
                  file->last_error());
    return add_exif_to_tiff(file->close(), metadata.exif);
  }
};

}  // namespace

const Encoder* tiff_encoder() {
  static const TiffEncoder encoder;
  return &encoder;
}

}  // namespace imagemill
