// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <webp/encode.h>
#include <webp/mux.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "codec/interleave.h"
#include "codec/registry.h"

namespace imagemill {
namespace {

struct Picture : WebPPicture {
  bool is_ready = WebPPictureInit(this) != 0;
  Picture() = default;
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;
  ~Picture() { WebPPictureFree(this); }
};

struct Writer : WebPMemoryWriter {
  Writer() { WebPMemoryWriterInit(this); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() { WebPMemoryWriterClear(this); }
};

Result<WebPConfig> configure(const EncodeOptions& options) {
  WebPConfig config;
  if (WebPConfigInit(&config) == 0)
    return fail(Code::kInternal, "WebP: the library is of another version");
  config.quality = static_cast<float>(std::clamp(options.quality, 1, 100));
  config.method = 4;
  if (options.lossless) {
    config.lossless = 1;
    config.exact = 1;       // colours under full transparency are pixels too
    config.quality = 75.f;  // effort here; the library's own default
  }
  // Lossy WebP is always 4:2:0; this is what it has for edges that must not smear.
  config.use_sharp_yuv = options.subsample_chroma ? 0 : 1;
  return config;
}

// libwebp wants limited-range BT.601 and converts RGB best itself, so pixels go in as RGB.
Result<> import_pixels(Picture& picture, const Image& image) {
  const bool is_gray = image.format().model == ColorModel::kGray;
  const bool has_alpha = image.format().has_alpha;
  const size_t channels = has_alpha ? 4 : 3;
  const auto width = static_cast<size_t>(image.width());
  std::vector<std::byte> pixels(width * static_cast<size_t>(image.height()) * channels);
  for (int y = 0; y < image.height(); ++y) {
    std::byte* out = pixels.data() + static_cast<size_t>(y) * width * channels;
    if (!is_gray) {
      interleave_row(out, image, y);
      continue;
    }
    const auto* gray = image.plane(0).row<std::byte>(y);
    const std::byte* alpha = has_alpha ? image.plane(1).row<std::byte>(y) : nullptr;
    for (size_t x = 0; x < width; ++x, out += channels) {
      out[0] = out[1] = out[2] = gray[x];
      if (has_alpha) out[3] = alpha[x];
    }
  }
  const auto* data = reinterpret_cast<const uint8_t*>(pixels.data());
  const int stride = static_cast<int>(width * channels);
  const int ok = has_alpha ? WebPPictureImportRGBA(&picture, data, stride)
                           : WebPPictureImportRGB(&picture, data, stride);
  if (ok == 0) return fail(Code::kResourceExhausted, "WebP: no memory for the encoder's picture");
  return {};
}

Status encode_error(WebPEncodingError error) {
  switch (error) {
    case VP8_ENC_ERROR_OUT_OF_MEMORY:
    case VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY:
      return {Code::kResourceExhausted, "WebP: no memory to encode"};
    case VP8_ENC_ERROR_BAD_DIMENSION:
      return {Code::kInvalidArgument,
              fmt::format("WebP: at most {} pixels a side", WEBP_MAX_DIMENSION)};
    case VP8_ENC_ERROR_PARTITION0_OVERFLOW:
    case VP8_ENC_ERROR_PARTITION_OVERFLOW:
    case VP8_ENC_ERROR_FILE_TOO_BIG:
      return {Code::kUnsupported, "WebP: the picture does not fit the format at this quality"};
    default:
      return {Code::kInternal, fmt::format("WebP: encoder error {}", static_cast<int>(error))};
  }
}

// The bitstream with its colour profile, EXIF and XMP around it.
Result<Bytes> add_metadata(const Writer& bitstream, const Metadata& metadata) {
  const std::unique_ptr<WebPMux, decltype(&WebPMuxDelete)> mux(WebPMuxNew(), WebPMuxDelete);
  const auto view = [](const Bytes& bytes) { return WebPData{as_u8(bytes), bytes.size()}; };
  const WebPData image{bitstream.mem, bitstream.size};
  bool ok = mux != nullptr && WebPMuxSetImage(mux.get(), &image, 0) == WEBP_MUX_OK;
  const auto set = [&](const char* name, const Bytes& bytes) {
    if (bytes.empty()) return;
    const WebPData data = view(bytes);
    ok = ok && WebPMuxSetChunk(mux.get(), name, &data, 0) == WEBP_MUX_OK;
  };
  if (metadata.icc != nullptr) set("ICCP", *metadata.icc);
  set("EXIF", metadata.exif);
  set("XMP ", metadata.xmp);
  WebPData file{};
  ok = ok && WebPMuxAssemble(mux.get(), &file) == WEBP_MUX_OK;
  const std::unique_ptr<WebPData, decltype(&WebPDataClear)> owner(&file, WebPDataClear);
  if (!ok) return fail(Code::kResourceExhausted, "WebP: metadata cannot be added");
  const auto* bytes = reinterpret_cast<const std::byte*>(file.bytes);
  return Bytes(bytes, bytes + file.size);
}

class WebpEncoder final : public Encoder {
 public:
  EncoderTraits traits() const override {
    return {.alpha = true, .gray = true, .max_side = WEBP_MAX_DIMENSION};
  }

  Result<Bytes> encode(const Image& image, const EncodeOptions& options,
                       const Metadata& metadata) const override {
    const PixelFormat& format = image.format();
    if (image.empty() || format.sample != SampleType::kU8 ||
        (format.model != ColorModel::kGray && format.model != ColorModel::kRgb))
      return fail(Code::kInvalidArgument,
                  "WebP: cannot store a picture of {}, expected 8 bits of gray or RGB",
                  to_string(format));
    if (std::max(image.width(), image.height()) > WEBP_MAX_DIMENSION)
      return std::unexpected(encode_error(VP8_ENC_ERROR_BAD_DIMENSION));
    IMAGEMILL_ASSIGN_OR_RETURN(const WebPConfig config, configure(options));
    Picture picture;
    if (!picture.is_ready) return fail(Code::kInternal, "WebP: the library is of another version");
    // Lossy from RGB by way of YUVA unless the library needs the RGB itself.
    picture.use_argb = config.lossless != 0 || config.use_sharp_yuv != 0 ? 1 : 0;
    picture.width = image.width();
    picture.height = image.height();
    IMAGEMILL_TRY(import_pixels(picture, image));
    Writer writer;
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = &writer;
    if (WebPEncode(&config, &picture) == 0)
      return std::unexpected(encode_error(picture.error_code));
    const bool is_bare = metadata.exif.empty() && metadata.xmp.empty() &&
                         (metadata.icc == nullptr || metadata.icc->empty());
    if (!is_bare) return add_metadata(writer, metadata);
    const auto* bytes = reinterpret_cast<const std::byte*>(writer.mem);
    return Bytes(bytes, bytes + writer.size);
  }
};

}  // namespace

const Encoder* webp_encoder() {
  static const WebpEncoder encoder;
  return &encoder;
}

}  // namespace imagemill
