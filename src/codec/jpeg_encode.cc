// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// YCbCr planes go in as they are (raw data): a picture that came from a JPEG is never converted to
// RGB on its way to another one. Grey too; RGB is left to libjpeg's own conversion.
#include <algorithm>
#include <array>
#include <cstring>

#include "codec/jpeg.h"
#include "codec/jpeg_xmp.h"
#include "codec/registry.h"

namespace imagemill {
namespace {

struct Compressor {
  jpeg_compress_struct codec{};
  JpegErrors errors;
  unsigned char* out = nullptr;
  unsigned long out_bytes = 0;

  Compressor() {
    codec.err = errors.attach();
    jpeg_create_compress(&codec);
  }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
  ~Compressor() {
    jpeg_destroy_compress(&codec);
    std::free(out);
  }

  template <typename Work>
  bool run(Work&& work) {
    if (setjmp(errors.on_fatal) != 0) return false;
    work();
    return true;
  }
};

void write_marker(jpeg_compress_struct& codec, int marker, std::string_view prefix,
                  ByteSpan bytes) {
  if (bytes.empty() || prefix.size() + bytes.size() > kJpegMarkerBytesMax) return;
  jpeg_write_m_header(&codec, marker, static_cast<unsigned>(prefix.size() + bytes.size()));
  for (const char c : prefix) jpeg_write_m_byte(&codec, static_cast<unsigned char>(c));
  for (const std::byte b : bytes) jpeg_write_m_byte(&codec, static_cast<int>(b));
}

void write_iptc(jpeg_compress_struct& codec, ByteSpan iptc) {
  if (iptc.empty()) return;
  Bytes block;
  const auto put = [&](std::string_view text) {
    block.insert(block.end(), as_byte_span(text).begin(), as_byte_span(text).end());
  };
  put({"8BIM\x04\x04\0\0", 8});  // resource 1028, no name
  for (const int shift : {24, 16, 8, 0})
    block.push_back(static_cast<std::byte>(iptc.size() >> shift & 0xFF));
  block.insert(block.end(), iptc.begin(), iptc.end());
  if (iptc.size() % 2 != 0) block.push_back(std::byte{0});
  write_marker(codec, JPEG_APP0 + 13, kJpegPhotoshopPrefix, block);
}

void write_metadata(jpeg_compress_struct& codec, const Metadata& metadata,
                    const std::vector<Bytes>& xmp) {
  write_marker(codec, JPEG_APP0 + 1, kJpegExifPrefix, metadata.exif);
  for (const Bytes& marker : xmp) write_marker(codec, JPEG_APP0 + 1, {}, marker);
  if (metadata.icc && !metadata.icc->empty())
    jpeg_write_icc_profile(&codec, reinterpret_cast<const JOCTET*>(metadata.icc->data()),
                           static_cast<unsigned>(metadata.icc->size()));
  write_iptc(codec, metadata.iptc);
}

// libjpeg reads whole blocks: a strip of one MCU row with its right and lower edges repeated.
class RawStrip {
 public:
  RawStrip(const jpeg_compress_struct& codec, const Image& image) {
    for (int c = 0; c < image.channels(); ++c) {
      const jpeg_component_info& info = codec.comp_info[c];
      Part& part = parts_[static_cast<size_t>(c)];
      part.columns = size_t{info.width_in_blocks} * DCTSIZE;
      part.rows = info.v_samp_factor * DCTSIZE;
      part.samples.resize(part.columns * static_cast<size_t>(part.rows));
    }
  }

  // Lines of `image` from MCU row `mcu_row` on.
  JSAMPIMAGE fill(const Image& image, int mcu_row) {
    for (int c = 0; c < image.channels(); ++c) {
      Part& part = parts_[static_cast<size_t>(c)];
      const Plane& plane = image.plane(c);
      const auto width = static_cast<size_t>(plane.width);
      for (int y = 0; y < part.rows; ++y) {
        JSAMPLE* out = part.samples.data() + static_cast<size_t>(y) * part.columns;
        const auto* in =
            plane.row<const JSAMPLE>(std::min(mcu_row * part.rows + y, plane.height - 1));
        std::memcpy(out, in, std::min(width, part.columns));
        if (part.columns > width) std::memset(out + width, in[width - 1], part.columns - width);
        part.lines[static_cast<size_t>(y)] = out;
      }
      planes_[static_cast<size_t>(c)] = part.lines.data();
    }
    return planes_.data();
  }

 private:
  struct Part {
    size_t columns = 0;
    int rows = 0;
    std::vector<JSAMPLE> samples;
    std::array<JSAMPROW, 4 * DCTSIZE> lines{};
  };
  std::array<Part, 3> parts_;
  std::array<JSAMPARRAY, 3> planes_{};
};

class JpegEncoder final : public Encoder {
 public:
  EncoderTraits traits() const override { return {.gray = true, .ycbcr = true, .max_side = 65500}; }

  Result<Bytes> encode(const Image& image, const EncodeOptions& options,
                       const Metadata& metadata) const override {
    const PixelFormat& format = image.format();
    if (format.sample != SampleType::kU8 || format.has_alpha || format.model == ColorModel::kCmyk)
      return fail(Code::kInvalidArgument, "JPEG: cannot store {}", to_string(format));
    if (std::max(image.width(), image.height()) > traits().max_side)
      return fail(Code::kUnsupported, "JPEG: {}x{} pixels, a side may have {}", image.width(),
                  image.height(), traits().max_side);
    if (metadata.exif.size() + kJpegExifPrefix.size() > kJpegMarkerBytesMax)
      return fail(Code::kUnsupported, "JPEG: {} bytes of EXIF, a marker holds {}",
                  metadata.exif.size(), kJpegMarkerBytesMax);

    Compressor c;
    if (!c.run([&] { start(c, image, options); })) return std::unexpected(c.errors.status());
    const bool raw = format.model != ColorModel::kRgb;
    std::optional<RawStrip> strip;
    std::vector<JSAMPLE> line;
    if (raw)
      strip.emplace(c.codec, image);
    else
      line.resize(static_cast<size_t>(image.width()) * 3);
    const std::vector<Bytes> xmp = jpeg_xmp_markers(metadata.xmp);
    const bool finished = c.run([&] {
      write_metadata(c.codec, metadata, xmp);
      raw ? write_raw(c.codec, image, *strip) : write_rows(c.codec, image, line.data());
      jpeg_finish_compress(&c.codec);
    });
    if (!finished) return std::unexpected(c.errors.status());
    const auto* data = reinterpret_cast<const std::byte*>(c.out);
    return Bytes(data, data + c.out_bytes);
  }

 private:
  static void start(Compressor& c, const Image& image, const EncodeOptions& options) {
    jpeg_compress_struct& codec = c.codec;
    const PixelFormat& format = image.format();
    jpeg_mem_dest(&codec, &c.out, &c.out_bytes);
    codec.image_width = static_cast<JDIMENSION>(image.width());
    codec.image_height = static_cast<JDIMENSION>(image.height());
    codec.input_components = image.channels();
    codec.in_color_space = format.model == ColorModel::kGray  ? JCS_GRAYSCALE
                           : format.model == ColorModel::kRgb ? JCS_RGB
                                                              : JCS_YCbCr;
    jpeg_set_defaults(&codec);
    jpeg_set_quality(&codec, options.quality, TRUE);
    codec.raw_data_in = format.model != ColorModel::kRgb;
    if (format.model != ColorModel::kGray) {
      const bool planes = format.model == ColorModel::kYCbCr;
      const int shift = options.subsample_chroma ? 1 : 0;
      codec.comp_info[0].h_samp_factor = 1 << (planes ? format.chroma_shift_x : shift);
      codec.comp_info[0].v_samp_factor = 1 << (planes ? format.chroma_shift_y : shift);
    }
    jpeg_start_compress(&codec, TRUE);
  }

  static void write_raw(jpeg_compress_struct& codec, const Image& image, RawStrip& strip) {
    const int lines = codec.max_v_samp_factor * DCTSIZE;
    while (codec.next_scanline < codec.image_height)
      jpeg_write_raw_data(&codec, strip.fill(image, static_cast<int>(codec.next_scanline) / lines),
                          static_cast<JDIMENSION>(lines));
  }

  static void write_rows(jpeg_compress_struct& codec, const Image& image, JSAMPLE* line) {
    while (codec.next_scanline < codec.image_height) {
      const auto y = static_cast<int>(codec.next_scanline);
      const auto *r = image.plane(0).row<const uint8_t>(y),
                 *g = image.plane(1).row<const uint8_t>(y),
                 *b = image.plane(2).row<const uint8_t>(y);
      for (int x = 0; x < image.width(); ++x) {
        line[3 * x] = r[x];
        line[3 * x + 1] = g[x];
        line[3 * x + 2] = b[x];
      }
      jpeg_write_scanlines(&codec, &line, 1);
    }
  }
};

}  // namespace

const Encoder* jpeg_encoder() {
  static const JpegEncoder encoder;
  return &encoder;
}

}  // namespace imagemill
