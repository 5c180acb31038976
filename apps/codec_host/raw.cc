// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Camera RAW through LibRaw, developed with settings that never depend on the picture's neighbours:
//
//   white balance   the camera's (its daylight one where the file has none)
//   demosaicing     AHD, LibRaw's default; half size (one pixel from each 2x2) where that is enough
//   highlights      clipped; no brightening to fit the histogram
//   output          16-bit sRGB with the sRGB curve; the raster unturned, orientation in the header
//
// These are rawpy's postprocess(use_camera_wb=True, no_auto_bright=True, output_bps=16,
// gamma=(2.4, 12.92), user_flip=0). The embedded preview is never used.
#include <libraw/libraw.h>

#include <memory>

#include "family.h"
#include "interleaved.h"

namespace imagemill::codec_host {
namespace {

// The processor holds tables of some hundred kilobytes: not for the stack.
using Processor = std::unique_ptr<LibRaw>;

Result<> check(int result) {
  if (result == LIBRAW_SUCCESS) return {};
  const Code code = result == LIBRAW_UNSUFFICIENT_MEMORY || result == LIBRAW_TOO_BIG
                        ? Code::kResourceExhausted
                    : result == LIBRAW_FILE_UNSUPPORTED ? Code::kUnsupported
                                                        : Code::kCorruptInput;
  return fail(code, "RAW: {}", libraw_strerror(result));
}

Result<Processor> open(ByteSpan bytes) {
  auto processor = std::make_unique<LibRaw>();
  auto& params = processor->imgdata.params;
  params.use_camera_wb = 1;
  params.no_auto_bright = 1;
  params.output_bps = 16;
  params.output_color = 1;  // sRGB
  params.gamm[0] = 1 / 2.4;
  params.gamm[1] = 12.92;
  // LibRaw wants a mutable pointer and only reads.
  IMAGEMILL_TRY(check(processor->open_buffer(const_cast<std::byte*>(bytes.data()), bytes.size())));
  return processor;
}

// LibRaw's flip: 3 half a turn, 5 a quarter counter-clockwise, 6 a quarter clockwise.
Orientation orientation_of(int flip) {
  switch (flip) {
    case 3:
      return Orientation::kRotate180;
    case 5:
      return Orientation::kRotate270;
    case 6:
      return Orientation::kRotate90;
    default:
      return Orientation::kNormal;
  }
}

bool is_halvable(LibRaw& processor) {
  // Without a mosaic there is nothing to halve; sensors turned by 45 degrees and pixels that are
  // not square give other sizes.
  const auto& sizes = processor.imgdata.sizes;
  return processor.imgdata.idata.filters != 0 && !processor.is_fuji_rotated() &&
         sizes.iwidth == sizes.width && sizes.iheight == sizes.height;
}

// What full-size processing will give, unturned.
Result<ImageHeader> read_header(FileFormat, ByteSpan bytes) {
  IMAGEMILL_ASSIGN_OR_RETURN(const Processor processor, open(bytes));
  ImageHeader header;
  header.format = FileFormat::kRaw;
  header.orientation = orientation_of(processor->imgdata.sizes.flip);
  processor->imgdata.params.user_flip = 0;
  // Calculates the sizes and leaves a processor that is good for nothing else.
  IMAGEMILL_TRY(check(processor->adjust_sizes_info_only()));
  header.width = processor->imgdata.sizes.iwidth;
  header.height = processor->imgdata.sizes.iheight;
  header.pixel_format = processor->imgdata.idata.colors == 1 ? PixelFormat::gray(SampleType::kU16)
                                                             : PixelFormat::rgb(SampleType::kU16);
  return header;
}

Result<> fill(const Image& image, LibRaw& processor) {
  int width = 0, height = 0, colors = 0, bits = 0;
  processor.get_mem_image_format(&width, &height, &colors, &bits);
  if (width != image.width() || height != image.height() || colors != image.channels() ||
      bits != 16)
    return fail(Code::kUnsupported, "RAW: {}x{}x{} pixels of {} bits, expected {}x{}x{} of 16",
                width, height, colors, bits, image.width(), image.height(), image.channels());
  const size_t row = static_cast<size_t>(width) * static_cast<size_t>(colors);
  std::vector<uint16_t> pixels(row * static_cast<size_t>(height));
  IMAGEMILL_TRY(
      check(processor.copy_mem_image(pixels.data(), static_cast<int>(row * sizeof(uint16_t)), 0)));
  for (int y = 0; y < height; ++y)
    set_row<uint16_t>(image, y, pixels.data() + row * static_cast<size_t>(y), colors);
  return {};
}

Result<Decoded> decode(const DecodeCall& call, ByteSpan bytes, PixelMemory& pixels) {
  Decoded decoded;
  IMAGEMILL_ASSIGN_OR_RETURN(decoded.header, read_header(call.format, bytes));
  IMAGEMILL_ASSIGN_OR_RETURN(const Processor processor, open(bytes));
  const int scale_den =
      is_halvable(*processor) ? helper_scale_den(decoded.header, call.at_least) : 1;
  IMAGEMILL_ASSIGN_OR_RETURN(decoded.image, pixels.allocate({decoded.header, scale_den}));
  processor->imgdata.params.half_size = scale_den == 2;
  processor->imgdata.params.user_flip = 0;
  IMAGEMILL_TRY(check(processor->unpack()));
  IMAGEMILL_TRY(check(processor->dcraw_process()));
  IMAGEMILL_TRY(fill(decoded.image, *processor));
  if (const unsigned warnings = processor->imgdata.process_warnings; warnings != 0)
    decoded.warnings.push_back(fmt::format("RAW: LibRaw warnings {:#x}", warnings));
  decoded.is_damaged = processor->error_count() > 0;
  if (decoded.is_damaged && call.fail_on >= FailOn::kTruncated)
    return fail(Code::kCorruptInput, "RAW: {} errors in the sensor's data",
                processor->error_count());
  return decoded;
}

constexpr Family kFamily{.prepare = nullptr,
                         .needs_threads = false,
                         .read_header = read_header,
                         .decode = decode,
                         .encode = nullptr};

}  // namespace
}  // namespace imagemill::codec_host

extern "C" const imagemill::codec_host::Family* imagemill_codec_family() {
  return &imagemill::codec_host::kFamily;
}
