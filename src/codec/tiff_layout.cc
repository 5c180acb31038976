// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/tiff_layout.h"

#include <algorithm>

#include "codec/tiff_directory.h"

namespace imagemill {
namespace {

// The colour model of a photometric interpretation, or what must be done to get there.
Result<> read_colors(const TiffFile& file, uint16_t photometric, TiffLayout& out) {
  ColorModel& model = out.header.pixel_format.model;
  const auto compression = file.value<uint16_t>(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  switch (photometric) {
    case PHOTOMETRIC_MINISWHITE:
      out.is_inverted = true;
      [[fallthrough]];
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_MASK:
      model = ColorModel::kGray;
      return {};
    case PHOTOMETRIC_RGB:
      model = ColorModel::kRgb;
      return {};
    case PHOTOMETRIC_PALETTE:
      model = ColorModel::kRgb;
      out.is_palette = true;
      return {};
    case PHOTOMETRIC_SEPARATED: {
      const auto inks = file.value<uint16_t>(TIFFTAG_INKSET, INKSET_CMYK);
      if (inks != INKSET_CMYK && out.samples.per_pixel != 4)
        return fail(Code::kUnsupported, "TIFF: {} inks that are not CMYK", out.samples.per_pixel);
      model = ColorModel::kCmyk;
      return {};
    }
    case PHOTOMETRIC_YCBCR:
      model = ColorModel::kRgb;
      if (compression == COMPRESSION_JPEG && !out.is_planar && out.samples.bits == 8)
        TIFFSetField(file.tiff(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
      else
        out.is_converted_by_library = true;
      return {};
    case PHOTOMETRIC_CIELAB:
    case PHOTOMETRIC_ICCLAB:
    case PHOTOMETRIC_LOGL:
    case PHOTOMETRIC_LOGLUV:
      model = ColorModel::kRgb;
      out.is_converted_by_library = true;
      out.drops_profile = true;
      out.header.has_icc = false;
      out.warnings.emplace_back("Lab or logarithmic colours are delivered as 8-bit RGB");
      return {};
    default:
      return fail(Code::kUnsupported, "TIFF: photometric interpretation {}", photometric);
  }
}

// Which of the samples behind the colours is opacity. The others are dropped, with a warning.
void read_extra_samples(const TiffFile& file, TiffLayout& out) {
  const int colors = out.is_palette ? 1 : color_channels(out.header.pixel_format.model);
  const int extra = out.samples.per_pixel - colors;
  uint16_t count = 0;
  uint16_t* kinds = nullptr;
  if (TIFFGetFieldDefaulted(file.tiff(), TIFFTAG_EXTRASAMPLES, &count, &kinds) != 1) count = 0;
  for (int i = 0; i < std::min<int>(count, extra) && out.alpha_sample < 0; ++i) {
    if (kinds[i] != EXTRASAMPLE_ASSOCALPHA && kinds[i] != EXTRASAMPLE_UNASSALPHA) continue;
    out.alpha_sample = colors + i;
    out.is_premultiplied = kinds[i] == EXTRASAMPLE_ASSOCALPHA;
  }
  // A palette's opacity would need a depth of its own.
  if (out.is_palette) out.alpha_sample = -1;
  out.header.pixel_format.has_alpha = out.alpha_sample >= 0;
  const int dropped = extra - (out.alpha_sample >= 0 ? 1 : 0);
  if (dropped > 0)
    out.warnings.push_back(
        fmt::format("{} samples a pixel without a meaning are dropped", dropped));
}

Result<> read_blocks(const TiffFile& file, TiffLayout& out) {
  TIFF* tiff = file.tiff();
  out.is_tiled = TIFFIsTiled(tiff) != 0;
  if (out.is_tiled) {
    out.block_width = file.value<uint32_t>(TIFFTAG_TILEWIDTH, 0);
    out.block_height = file.value<uint32_t>(TIFFTAG_TILELENGTH, 0);
  } else {
    const auto height = static_cast<uint32_t>(out.header.height);
    out.block_width = static_cast<uint32_t>(out.header.width);
    out.block_height = std::min(file.value<uint32_t>(TIFFTAG_ROWSPERSTRIP, height), height);
  }
  if (out.block_width == 0 || out.block_height == 0 || out.block_width > INT32_MAX ||
      out.block_height > INT32_MAX)
    return fail(Code::kCorruptInput, "TIFF: {} of {}x{} pixels", out.is_tiled ? "tiles" : "strips",
                out.block_width, out.block_height);
  return {};
}

Result<> read_samples(const TiffFile& file, TiffLayout& out) {
  out.samples.bits = file.value<uint16_t>(TIFFTAG_BITSPERSAMPLE, 1);
  out.samples.per_pixel = file.value<uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1);
  const auto kind = file.value<uint16_t>(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  // "Undefined" is what some writers say of plain integers.
  const bool is_plain = kind == SAMPLEFORMAT_UINT || kind == SAMPLEFORMAT_VOID;
  if (!is_plain && kind != SAMPLEFORMAT_INT && kind != SAMPLEFORMAT_IEEEFP)
    return fail(Code::kUnsupported, "TIFF: sample format {} (complex numbers)", kind);
  out.samples.kind = is_plain ? TiffSampleKind::kUnsigned : static_cast<TiffSampleKind>(kind);
  if (out.samples.per_pixel < 1)
    return fail(Code::kCorruptInput, "TIFF: {} samples a pixel", out.samples.per_pixel);
  out.is_planar =
      out.samples.per_pixel > 1 &&
      file.value<uint16_t>(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE;
  return {};
}

Result<> decide_sample_type(TiffLayout& out) {
  PixelFormat& format = out.header.pixel_format;
  if (out.is_converted_by_library) {
    format = PixelFormat::rgb();
    out.alpha_sample = -1;
    return {};
  }
  const auto type = tiff_sample_type(out.samples);
  if (!type)
    return fail(Code::kUnsupported, "TIFF: {} samples of {} bits",
                out.samples.kind == TiffSampleKind::kFloat ? "float" : "integer", out.samples.bits);
  format.sample = out.is_palette ? SampleType::kU8 : *type;
  if (out.is_palette && (out.samples.bits > 16 || out.samples.kind == TiffSampleKind::kFloat))
    return fail(Code::kUnsupported, "TIFF: palette with {} bits a sample", out.samples.bits);
  if (*type == SampleType::kF16 && (out.is_premultiplied || out.is_inverted))
    return fail(Code::kUnsupported, "TIFF: half floats with premultiplied alpha or white as 0");
  if (out.samples.bits > 16 && *type == SampleType::kU16)
    out.warnings.push_back(
        fmt::format("{}-bit integers are delivered as their upper 16 bits", out.samples.bits));
  if (out.samples.kind == TiffSampleKind::kSigned)
    out.warnings.emplace_back("signed integers are shifted: the smallest is delivered as 0");
  return {};
}

}  // namespace

Result<TiffLayout> read_tiff_layout(const TiffFile& file) {
  TiffLayout out;
  const auto width = file.value<uint32_t>(TIFFTAG_IMAGEWIDTH, 0);
  const auto height = file.value<uint32_t>(TIFFTAG_IMAGELENGTH, 0);
  if (width == 0 || height == 0 || width > INT32_MAX || height > INT32_MAX)
    return fail(Code::kCorruptInput, "TIFF: {}x{} pixels", width, height);
  out.header.format = FileFormat::kTiff;
  out.header.width = static_cast<int>(width);
  out.header.height = static_cast<int>(height);
  const auto orientation = file.value<uint16_t>(TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  if (orientation >= 1 && orientation <= 8)
    out.header.orientation = static_cast<Orientation>(orientation);
  out.header.pages = count_tiff_pages(file.bytes());
  uint32_t icc_bytes = 0;
  void* icc = nullptr;
  out.header.has_icc =
      TIFFGetField(file.tiff(), TIFFTAG_ICCPROFILE, &icc_bytes, &icc) == 1 && icc_bytes > 0;

  const auto compression = file.value<uint16_t>(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  if (TIFFIsCODECConfigured(compression) == 0) {
    const TIFFCodec* codec = TIFFFindCODEC(compression);
    return fail(Code::kUnsupported, "TIFF: compression {} ({}) is not in this build", compression,
                codec != nullptr ? codec->name : "unknown");
  }
  IMAGEMILL_TRY(read_samples(file, out));
  uint16_t photometric = 0;
  if (TIFFGetField(file.tiff(), TIFFTAG_PHOTOMETRIC, &photometric) != 1)
    // Required by the specification and missing all the same: what most readers assume.
    photometric = out.samples.per_pixel >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
  IMAGEMILL_TRY(read_colors(file, photometric, out));
  const int colors = out.is_palette ? 1 : color_channels(out.header.pixel_format.model);
  if (!out.is_converted_by_library && out.samples.per_pixel < colors)
    return fail(Code::kCorruptInput, "TIFF: {} samples a pixel, photometric {} needs {}",
                out.samples.per_pixel, photometric, colors);
  if (!out.is_converted_by_library) read_extra_samples(file, out);
  IMAGEMILL_TRY(read_blocks(file, out));
  IMAGEMILL_TRY(decide_sample_type(out));
  return out;
}

}  // namespace imagemill
