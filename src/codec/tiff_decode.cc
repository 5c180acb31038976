// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// TIFF to pixels with libtiff, from memory: strips and tiles of any depth into planes. A block that
// does not decode stays black and marks the picture as damaged; the others are delivered.
#include <tiffio.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "codec/complaints.h"
#include "codec/interleave.h"
#include "codec/registry.h"
#include "codec/stop_check.h"
#include "codec/tiff_directory.h"
#include "codec/tiff_file.h"
#include "codec/tiff_layout.h"

namespace imagemill {
namespace {

// Headers: no directory array, profile or text that is worth reading is larger.
constexpr uint64_t kMaxHeaderAllocation = 64 << 20;

void clear(const Image& image) {
  for (int c = 0; c < image.channels(); ++c)
    for (int y = 0; y < image.height(); ++y)
      std::memset(image.plane(c).row<std::byte>(y), 0,
                  static_cast<size_t>(image.width()) *
                      static_cast<size_t>(sample_bytes(image.format().sample)));
}

// Puts the decoded rows of blocks where they belong.
class BlockWriter {
 public:
  BlockWriter(const TiffFile& file, const TiffLayout& layout, const Image& image)
      : layout_(layout), image_(image) {
    if (layout.is_palette)
      has_palette_ = TIFFGetField(file.tiff(), TIFFTAG_COLORMAP, &palette_[0], &palette_[1],
                                  &palette_[2]) == 1;
  }

  bool is_ready() const { return has_palette_ || !layout_.is_palette; }

  // Row `y` of the picture from `x`, `pixels` long. `plane` counts samples in planar files and is 0
  // in others.
  void write_row(int x, int y, int pixels, int plane, const std::byte* in) {
    if (layout_.is_palette) return write_palette_row(x, y, pixels, in);
    TiffSamples samples = layout_.samples;
    if (layout_.is_planar) samples.per_pixel = 1;
    const bool is_native = samples.kind != TiffSampleKind::kSigned &&
                           samples.bits == 8 * sample_bytes(image_.format().sample);
    if (!is_native) {
      widen_tiff_row(widened_, in, samples, pixels);
      in = widened_.data();
    }
    if (samples.per_pixel == image_.channels()) {
      deinterleave_row(image_.crop(x, y, pixels, 1), 0, in);
      return;
    }
    for (int c = 0; c < image_.channels(); ++c) {
      const int sample = c == image_.alpha_channel() ? layout_.alpha_sample : c;
      if (layout_.is_planar && sample != plane) continue;
      copy_samples(x, y, pixels, c, in, layout_.is_planar ? 0 : sample, samples.per_pixel);
    }
  }

 private:
  void copy_samples(int x, int y, int pixels, int channel, const std::byte* in, int sample,
                    int per_pixel) {
    const auto bytes = static_cast<size_t>(sample_bytes(image_.format().sample));
    std::byte* out = image_.plane(channel).row<std::byte>(y) + static_cast<size_t>(x) * bytes;
    in += static_cast<size_t>(sample) * bytes;
    const size_t step = static_cast<size_t>(per_pixel) * bytes;
    for (int i = 0; i < pixels; ++i, out += bytes, in += step) std::memcpy(out, in, bytes);
  }

  void write_palette_row(int x, int y, int pixels, const std::byte* in) {
    // Extra samples beside an index are rare enough to be stepped over sample by sample.
    const int step = layout_.is_planar ? 1 : layout_.samples.per_pixel;
    read_tiff_indices(indices_, in, layout_.samples.bits, pixels * step);
    for (int c = 0; c < 3; ++c) {
      uint8_t* out = image_.plane(c).row<uint8_t>(y) + x;
      for (int i = 0; i < pixels; ++i)
        out[i] = static_cast<uint8_t>(palette_[c][indices_[static_cast<size_t>(i * step)]] >> 8);
    }
  }

  const TiffLayout& layout_;
  const Image& image_;
  uint16_t* palette_[3] = {};  // 2^bits entries each, owned by libtiff
  bool has_palette_ = false;
  std::vector<std::byte> widened_;
  std::vector<uint16_t> indices_;
};

// Rows [y, y + rows) and columns [x, x + columns) of one plane of samples.
struct Block {
  uint32_t index = 0;
  int plane = 0;
  int x = 0, y = 0;
  int columns = 0, rows = 0;
};

class BlockReader {
 public:
  static Result<BlockReader> open(TiffFile& file, const TiffLayout& layout, const Image& image) {
    const uint64_t bytes =
        layout.is_tiled ? TIFFTileSize64(file.tiff()) : TIFFStripSize64(file.tiff());
    const uint64_t row =
        layout.is_tiled ? TIFFTileRowSize64(file.tiff()) : TIFFScanlineSize64(file.tiff());
    // A block much larger than the picture is a memory bomb, whatever it compresses.
    const uint64_t most = std::max<uint64_t>(uint64_t{64} << 20, 4 * image.bytes());
    if (bytes == 0 || row == 0 || bytes > most)
      return fail(Code::kResourceExhausted, "TIFF: {} of {} bytes, at most {} for {}x{} pixels",
                  layout.is_tiled ? "tiles" : "strips", bytes, most, image.width(), image.height());
    BlockReader out(file, layout);
    out.row_bytes_ = row;
    // Bit-packed rows are read in whole words past their end.
    out.buffer_.resize(bytes + 8);
    return out;
  }

  // False when nothing of the block can be used.
  bool read(const Block& block, BlockWriter& writer, Complaints& complaints) {
    std::fill(buffer_.begin(), buffer_.end(), std::byte{0});
    file_.forget_errors();
    const auto bytes = static_cast<tmsize_t>(buffer_.size() - 8);
    const tmsize_t got =
        layout_.is_tiled ? TIFFReadEncodedTile(file_.tiff(), block.index, buffer_.data(), bytes)
                         : TIFFReadEncodedStrip(file_.tiff(), block.index, buffer_.data(), bytes);
    if (got < 0 || !file_.errors().empty()) complain(block, complaints);
    if (got < 0 && !is_usable_in_part()) return false;
    const size_t rows =
        std::min<size_t>(static_cast<size_t>(block.rows), static_cast<size_t>(bytes) / row_bytes_);
    for (size_t y = 0; y < rows; ++y)
      writer.write_row(block.x, block.y + static_cast<int>(y), block.columns, block.plane,
                       buffer_.data() + y * row_bytes_);
    return got >= 0;
  }

 private:
  BlockReader(TiffFile& file, const TiffLayout& layout) : file_(file), layout_(layout) {}

  // Differences that were not summed up are no picture.
  bool is_usable_in_part() const {
    uint16_t predictor = PREDICTOR_NONE;
    TIFFGetField(file_.tiff(), TIFFTAG_PREDICTOR, &predictor);
    return predictor == PREDICTOR_NONE;
  }

  void complain(const Block& block, Complaints& complaints) const {
    const uint64_t offset = TIFFGetStrileOffset(file_.tiff(), block.index);
    const uint64_t bytes = TIFFGetStrileByteCount(file_.tiff(), block.index);
    const uint64_t size = file_.bytes().size();
    const std::string text = fmt::format("{} {}: {}", layout_.is_tiled ? "tile" : "strip",
                                         block.index, file_.last_error());
    if (offset > size || bytes > size - offset)
      complaints.truncate(text);
    else
      complaints.damage(text);
  }

  TiffFile& file_;
  const TiffLayout& layout_;
  uint64_t row_bytes_ = 0;
  std::vector<std::byte> buffer_;
};

Result<> read_blocks(TiffFile& file, const TiffLayout& layout, const DecodeRequest& request,
                     const Image& image, Complaints& complaints) {
  StopCheck stop(request);
  BlockWriter writer(file, layout, image);
  if (!writer.is_ready()) return fail(Code::kCorruptInput, "TIFF: palette picture without palette");
  IMAGEMILL_ASSIGN_OR_RETURN(BlockReader reader, BlockReader::open(file, layout, image));
  const int step_x = static_cast<int>(layout.block_width);
  const int step_y = static_cast<int>(layout.block_height);
  const int planes = layout.is_planar ? layout.samples.per_pixel : 1;
  uint32_t index = 0;
  bool has_pixels = false;
  for (int plane = 0; plane < planes; ++plane)
    for (int64_t y = 0; y < image.height(); y += step_y)
      for (int64_t x = 0; x < image.width(); x += step_x, ++index) {
        const Block block{index,
                          plane,
                          static_cast<int>(x),
                          static_cast<int>(y),
                          static_cast<int>(std::min<int64_t>(step_x, image.width() - x)),
                          static_cast<int>(std::min<int64_t>(step_y, image.height() - y))};
        has_pixels |= reader.read(block, writer, complaints);
        if (stop.is_due()) return stop.failure("TIFF");
      }
  if (!has_pixels)
    return fail(Code::kCorruptInput, "TIFF: nothing can be decoded: {}",
                complaints.warnings.empty() ? "no reason given" : complaints.warnings[0]);
  if (layout.is_inverted) invert(image, 0);
  if (layout.is_premultiplied && layout.alpha_sample >= 0) unpremultiply(image);
  return {};
}

Result<> convert_by_library(TiffFile& file, const Image& image, Complaints& complaints) {
  char reason[1024] = {};
  if (TIFFRGBAImageOK(file.tiff(), reason) == 0)
    return fail(Code::kUnsupported, "TIFF: {}", reason);
  // The stored raster is wanted, not the upright one.
  TIFFSetField(file.tiff(), TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  const auto width = static_cast<size_t>(image.width());
  std::vector<uint32_t> pixels(width * static_cast<size_t>(image.height()));
  file.forget_errors();
  const int ok = TIFFReadRGBAImageOriented(file.tiff(), static_cast<uint32_t>(image.width()),
                                           static_cast<uint32_t>(image.height()), pixels.data(),
                                           ORIENTATION_TOPLEFT, 0);
  if (ok == 0)
    return fail(Code::kCorruptInput, "TIFF: nothing can be decoded: {}", file.last_error());
  for (const std::string& error : file.errors()) complaints.damage(error);
  for (int y = 0; y < image.height(); ++y)
    for (size_t x = 0; x < width; ++x) {
      const uint32_t pixel = pixels[static_cast<size_t>(y) * width + x];
      image.plane(0).row<uint8_t>(y)[x] = TIFFGetR(pixel);
      image.plane(1).row<uint8_t>(y)[x] = TIFFGetG(pixel);
      image.plane(2).row<uint8_t>(y)[x] = TIFFGetB(pixel);
    }
  return {};
}

Metadata read_metadata(const TiffFile& file) {
  Metadata out;
  uint32_t bytes = 0;
  void* data = nullptr;
  const auto block = [&] {
    const auto* from = static_cast<const std::byte*>(data);
    return Bytes(from, from + bytes);
  };
  if (TIFFGetField(file.tiff(), TIFFTAG_ICCPROFILE, &bytes, &data) == 1 && bytes > 0)
    out.icc = std::make_shared<const Bytes>(block());
  if (TIFFGetField(file.tiff(), TIFFTAG_XMLPACKET, &bytes, &data) == 1 && bytes > 0)
    out.xmp = block();
  // libtiff takes IPTC for 32-bit numbers and would swap them.
  const ByteSpan iptc = find_tiff_tag(file.bytes(), TIFFTAG_RICHTIFFIPTC);
  out.iptc.assign(iptc.begin(), iptc.end());
  out.exif = exif_from_tiff(file.bytes());
  return out;
}

Result<std::unique_ptr<TiffFile>> open_tiff(ByteSpan bytes, uint64_t max_allocation) {
  auto file = TiffFile::open(bytes, max_allocation);
  if (file->tiff() == nullptr)
    return fail(Code::kCorruptInput, "TIFF: {} bytes without a readable directory: {}",
                bytes.size(), file->last_error());
  return file;
}

class TiffDecoder final : public Decoder {
 public:
  Result<ImageHeader> read_header(ByteSpan bytes) const override {
    IMAGEMILL_ASSIGN_OR_RETURN(const auto file, open_tiff(bytes, kMaxHeaderAllocation));
    IMAGEMILL_ASSIGN_OR_RETURN(const TiffLayout layout, read_tiff_layout(*file));
    return layout.header;
  }

  // Besides the picture one strip or tile, which can be as large as the picture's samples.
  uint64_t decode_bytes(const ImageHeader& header, const DecodeRequest& request) const override {
    return Decoder::decode_bytes(header, request) +
           4 * static_cast<uint64_t>(header.width) * static_cast<uint64_t>(header.height);
  }

  Result<Decoded> decode(ByteSpan bytes, const DecodeRequest& request) const override {
    IMAGEMILL_ASSIGN_OR_RETURN(const ImageHeader header, read_header(bytes));
    IMAGEMILL_TRY(check_limits(header, request.limits));
    // Twice the picture: the largest thing libtiff needs is one block beside its neighbour's bytes.
    IMAGEMILL_ASSIGN_OR_RETURN(
        const auto file, open_tiff(bytes, kMaxHeaderAllocation + decode_bytes(header, request)));
    IMAGEMILL_ASSIGN_OR_RETURN(TiffLayout layout, read_tiff_layout(*file));
    if (layout.samples.per_pixel > request.limits.max_channels)
      return fail(Code::kResourceExhausted, "TIFF: {} samples a pixel, the limit is {}",
                  layout.samples.per_pixel, request.limits.max_channels);
    Complaints complaints;
    Decoded out;
    IMAGEMILL_ASSIGN_OR_RETURN(out.image, allocate_pixels(request, header));
    clear(out.image);
    IMAGEMILL_TRY(layout.is_converted_by_library
                      ? convert_by_library(*file, out.image, complaints)
                      : read_blocks(*file, layout, request, out.image, complaints));
    for (const std::string& warning : layout.warnings) complaints.warn(warning);
    for (const std::string& warning : file->warnings()) complaints.warn(warning);
    IMAGEMILL_TRY(complaints.check(request.fail_on, "TIFF"));
    out.header = layout.header;
    out.metadata = read_metadata(*file);
    if (layout.drops_profile) out.metadata.icc = nullptr;
    out.image.color.icc = out.metadata.icc;
    out.is_damaged = complaints.is_damaged;
    out.warnings = std::move(complaints.warnings);
    return out;
  }
};

}  // namespace

std::string tiff_library() {
  // "LIBTIFF, Version 4.5.0", then lines of copyright.
  std::string_view text = TIFFGetVersion();
  text = text.substr(0, text.find('\n'));
  return fmt::format("libtiff {}", text.substr(text.rfind(' ') + 1));
}

const Decoder* tiff_decoder() {
  static const TiffDecoder decoder;
  return &decoder;
}

}  // namespace imagemill
