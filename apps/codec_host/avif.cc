// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// AVIF through libavif: dav1d decodes, aom encodes. The first frame only. irot and imir become the
// orientation (the raster stays as stored), 10 and 12 bits become 16 over the full range.
#include <avif/avif.h>

#include <memory>

#include "family.h"
#include "interleaved.h"
#include "nclx.h"

namespace imagemill::codec_host {
namespace {

struct Destroy {
  void operator()(avifDecoder* p) const { avifDecoderDestroy(p); }
  void operator()(avifEncoder* p) const { avifEncoderDestroy(p); }
  void operator()(avifImage* p) const { avifImageDestroy(p); }
};
using DecoderHandle = std::unique_ptr<avifDecoder, Destroy>;
using EncoderHandle = std::unique_ptr<avifEncoder, Destroy>;
using ImageHandle = std::unique_ptr<avifImage, Destroy>;

// libavif 0.11's scale from 0 (slowest) to 10.
constexpr int kEncoderSpeed = 6;

Code code_of(avifResult result) {
  switch (result) {
    case AVIF_RESULT_OUT_OF_MEMORY:
      return Code::kResourceExhausted;
    case AVIF_RESULT_NO_CODEC_AVAILABLE:
    case AVIF_RESULT_UNSUPPORTED_DEPTH:
    case AVIF_RESULT_NOT_IMPLEMENTED:
      return Code::kUnsupported;
    default:
      return Code::kCorruptInput;
  }
}

Result<> check(avifResult result, const avifDiagnostics* diagnostics) {
  if (result == AVIF_RESULT_OK) return {};
  const bool has_words = diagnostics != nullptr && diagnostics->error[0] != '\0';
  return fail(code_of(result), "AVIF: {}{}{}", avifResultToString(result), has_words ? ": " : "",
              has_words ? diagnostics->error : "");
}

Result<DecoderHandle> open(ByteSpan bytes) {
  DecoderHandle decoder(avifDecoderCreate());
  if (!decoder) return fail(Code::kResourceExhausted, "AVIF: no memory for a decoder");
  decoder->maxThreads = 1;
  // Files of older encoders break rules that harm nobody; browsers read them.
  decoder->strictFlags = AVIF_STRICT_DISABLED;
  IMAGEMILL_TRY(
      check(avifDecoderSetIOMemory(decoder.get(), as_u8(bytes), bytes.size()), &decoder->diag));
  IMAGEMILL_TRY(check(avifDecoderParse(decoder.get()), &decoder->diag));
  return decoder;
}

// Turned first (irot, counter-clockwise quarter turns), then mirrored (imir).
Orientation orientation_of(const avifImage& image) {
  const int turns = (image.transformFlags & AVIF_TRANSFORM_IROT) != 0 ? image.irot.angle & 3 : 0;
  const bool mirrored = (image.transformFlags & AVIF_TRANSFORM_IMIR) != 0;
  using enum Orientation;
  if (!mirrored) {
    constexpr Orientation kTurned[] = {kNormal, kRotate270, kRotate180, kRotate90};
    return kTurned[turns];
  }
  // imir mode 0 exchanges top and bottom, 1 left and right.
  constexpr Orientation kFlipped[2][4] = {
      {kFlipVertical, kTranspose, kFlipHorizontal, kTransverse},
      {kFlipHorizontal, kTransverse, kFlipVertical, kTranspose}};
  return kFlipped[image.imir.mode & 1][turns];
}

Result<ImageHeader> header_of(const avifDecoder& decoder) {
  const avifImage& image = *decoder.image;
  ImageHeader header;
  header.format = FileFormat::kAvif;
  header.width = static_cast<int>(image.width);
  header.height = static_cast<int>(image.height);
  if (image.width > 1u << 30 || image.height > 1u << 30)
    return fail(Code::kCorruptInput, "AVIF: header says {}x{} pixels", image.width, image.height);
  const SampleType sample = image.depth > 8 ? SampleType::kU16 : SampleType::kU8;
  header.pixel_format = image.yuvFormat == AVIF_PIXEL_FORMAT_YUV400
                            ? PixelFormat::gray(sample, decoder.alphaPresent != 0)
                            : PixelFormat::rgb(sample, decoder.alphaPresent != 0);
  header.orientation = orientation_of(image);
  header.pages = std::max(1, decoder.imageCount);
  header.has_icc = image.icc.size > 0;
  return header;
}

Result<ImageHeader> read_header(FileFormat, ByteSpan bytes) {
  IMAGEMILL_ASSIGN_OR_RETURN(const DecoderHandle decoder, open(bytes));
  return header_of(*decoder);
}

Bytes copy_of(const avifRWData& data) {
  const auto* p = reinterpret_cast<const std::byte*>(data.data);
  return data.size == 0 ? Bytes() : Bytes(p, p + data.size);
}

ColorSpace color_of(const avifImage& image) {
  ColorSpace color;
  color.transfer = transfer_of(image.transferCharacteristics);
  color.primaries = primaries_of(image.colorPrimaries);
  if (image.icc.size > 0) color.icc = std::make_shared<const Bytes>(copy_of(image.icc));
  return color;
}

// Through interleaved RGB(A), in which libavif also undoes premultiplied alpha. Grey comes as equal
// R, G and B of which the first is taken.
Result<> fill(const Image& image, const avifImage& source, const avifDecoder& decoder) {
  avifRGBImage rgb;
  avifRGBImageSetDefaults(&rgb, &source);
  rgb.format = image.format().has_alpha ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
  rgb.depth = image.format().sample == SampleType::kU16 ? 16 : 8;
  rgb.chromaUpsampling = AVIF_CHROMA_UPSAMPLING_BILINEAR;
  const int channels = image.format().has_alpha ? 4 : 3;
  rgb.rowBytes = static_cast<uint32_t>(image.width() * channels) * (rgb.depth / 8);
  Bytes interleaved(static_cast<size_t>(rgb.rowBytes) * static_cast<size_t>(image.height()));
  rgb.pixels = reinterpret_cast<uint8_t*>(interleaved.data());
  IMAGEMILL_TRY(check(avifImageYUVToRGB(&source, &rgb), &decoder.diag));
  const int skip = image.format().model == ColorModel::kGray && image.format().has_alpha ? 2 : 0;
  for (int y = 0; y < image.height(); ++y) {
    std::byte* row = interleaved.data() + static_cast<size_t>(y) * rgb.rowBytes;
    if (rgb.depth == 16) {
      set_channels<uint16_t>(image, y, reinterpret_cast<uint16_t*>(row), channels, skip);
    } else {
      set_channels<uint8_t>(image, y, reinterpret_cast<uint8_t*>(row), channels, skip);
    }
  }
  return {};
}

Result<Decoded> decode(const DecodeCall&, ByteSpan bytes, PixelMemory& pixels) {
  IMAGEMILL_ASSIGN_OR_RETURN(const DecoderHandle decoder, open(bytes));
  Decoded decoded;
  IMAGEMILL_ASSIGN_OR_RETURN(decoded.header, header_of(*decoder));
  IMAGEMILL_ASSIGN_OR_RETURN(decoded.image, pixels.allocate({decoded.header, 1}));
  IMAGEMILL_TRY(check(avifDecoderNextImage(decoder.get()), &decoder->diag));
  const avifImage& image = *decoder->image;
  if (static_cast<int>(image.width) != decoded.header.width ||
      static_cast<int>(image.height) != decoded.header.height)
    return fail(Code::kCorruptInput, "AVIF: header says {}x{} pixels, the frame has {}x{}",
                decoded.header.width, decoded.header.height, image.width, image.height);
  IMAGEMILL_TRY(fill(decoded.image, image, *decoder));
  decoded.image.color = color_of(image);
  decoded.metadata.exif = copy_of(image.exif);
  decoded.metadata.xmp = copy_of(image.xmp);
  return decoded;
}

void set_color(avifImage& image, const EncodeCall& call) {
  const ColorSpace& color = call.color;
  image.colorPrimaries = static_cast<avifColorPrimaries>(h273_of(color.primaries));
  image.transferCharacteristics = static_cast<avifTransferCharacteristics>(h273_of(color.transfer));
  // Identity keeps RGB as it is, which lossless needs.
  image.matrixCoefficients = call.options.lossless ? AVIF_MATRIX_COEFFICIENTS_IDENTITY
                             : color.primaries == Primaries::kBt2020
                                 ? AVIF_MATRIX_COEFFICIENTS_BT2020_NCL
                                 : AVIF_MATRIX_COEFFICIENTS_BT601;
  image.yuvRange = AVIF_RANGE_FULL;
  if (color.icc) avifImageSetProfileICC(&image, as_u8(*color.icc), color.icc->size());
  const Metadata& metadata = call.metadata;
  if (!metadata.exif.empty())
    avifImageSetMetadataExif(&image, as_u8(metadata.exif), metadata.exif.size());
  if (!metadata.xmp.empty())
    avifImageSetMetadataXMP(&image, as_u8(metadata.xmp), metadata.xmp.size());
}

// The planes of `image` interleaved as RGB(A), grey three times.
template <typename T>
std::vector<T> interleaved_rgb(const Image& image) {
  const int out_channels = image.format().has_alpha ? 4 : 3;
  std::vector<T> out(static_cast<size_t>(image.width()) * static_cast<size_t>(image.height()) *
                     static_cast<size_t>(out_channels));
  const bool gray = image.format().model == ColorModel::kGray;
  for (int c = 0; c < out_channels; ++c) {
    const int from = c == 3 ? image.alpha_channel() : gray ? 0 : c;
    T* p = out.data() + c;
    for (int y = 0; y < image.height(); ++y) {
      const T* row = image.plane(from).row<T>(y);
      for (int x = 0; x < image.width(); ++x, p += out_channels) *p = row[x];
    }
  }
  return out;
}

template <typename T>
Result<> set_pixels(avifImage& out, const Image& image) {
  std::vector<T> pixels = interleaved_rgb<T>(image);
  avifRGBImage rgb;
  avifRGBImageSetDefaults(&rgb, &out);
  rgb.format = image.format().has_alpha ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
  rgb.depth = 8 * sizeof(T);
  rgb.pixels = reinterpret_cast<uint8_t*>(pixels.data());
  rgb.rowBytes = static_cast<uint32_t>(static_cast<size_t>(image.width()) *
                                       (image.format().has_alpha ? 4 : 3) * sizeof(T));
  return check(avifImageRGBToYUV(&out, &rgb), nullptr);
}

int quantizer_of(const EncodeOptions& options) {
  if (options.lossless) return AVIF_QUANTIZER_LOSSLESS;
  const int quality = std::clamp(options.quality, 1, 100);
  return (100 - quality) * AVIF_QUANTIZER_WORST_QUALITY / 100;
}

// 16-bit pictures are stored with 12 bits, the most that AV1 has.
Result<Bytes> encode(const EncodeCall& call, const Image& image) {
  const bool gray = call.pixel_format.model == ColorModel::kGray;
  if (!gray && call.pixel_format.model != ColorModel::kRgb)
    return fail(Code::kInvalidArgument, "AVIF: cannot store {}", to_string(call.pixel_format));
  if (is_float(call.pixel_format.sample))
    return fail(Code::kInvalidArgument, "AVIF: cannot store {}", to_string(call.pixel_format));
  const avifPixelFormat layout = gray ? AVIF_PIXEL_FORMAT_YUV400
                                 : call.options.lossless || !call.options.subsample_chroma
                                     ? AVIF_PIXEL_FORMAT_YUV444
                                     : AVIF_PIXEL_FORMAT_YUV420;
  const bool deep = call.pixel_format.sample == SampleType::kU16;
  const ImageHandle out(avifImageCreate(static_cast<uint32_t>(call.width),
                                        static_cast<uint32_t>(call.height), deep ? 12 : 8, layout));
  if (!out) return fail(Code::kResourceExhausted, "AVIF: no memory for an encoder");
  set_color(*out, call);
  // Lossless grey has one plane: nothing to keep apart.
  if (gray) out->matrixCoefficients = AVIF_MATRIX_COEFFICIENTS_BT601;
  IMAGEMILL_TRY(deep ? set_pixels<uint16_t>(*out, image) : set_pixels<uint8_t>(*out, image));

  const EncoderHandle encoder(avifEncoderCreate());
  encoder->codecChoice = AVIF_CODEC_CHOICE_AOM;
  encoder->maxThreads = 1;
  encoder->speed = kEncoderSpeed;
  encoder->minQuantizer = encoder->maxQuantizer = quantizer_of(call.options);
  encoder->minQuantizerAlpha = encoder->maxQuantizerAlpha = quantizer_of(call.options);
  avifRWData file = AVIF_DATA_EMPTY;
  const auto written = check(avifEncoderWrite(encoder.get(), out.get(), &file), &encoder->diag);
  Bytes bytes = copy_of(file);
  avifRWDataFree(&file);
  IMAGEMILL_TRY(written);
  return bytes;
}

constexpr Family kFamily{.prepare = nullptr,
                         .needs_threads = false,
                         .read_header = read_header,
                         .decode = decode,
                         .encode = encode};

}  // namespace
}  // namespace imagemill::codec_host

extern "C" const imagemill::codec_host::Family* imagemill_codec_family() {
  return &imagemill::codec_host::kFamily;
}
