// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// PNG to pixels with libpng, from memory. libpng reports errors by longjmp: it jumps inside
// PngReader::guarded() only, over frames that hold nothing to destroy.
#include <png.h>

#include <bit>
#include <cstring>
#include <vector>

#include "codec/complaints.h"
#include "codec/interleave.h"
#include "codec/png_chunks.h"
#include "codec/registry.h"
#include "codec/stop_check.h"

namespace imagemill {
namespace {

// No chunk that libpng still reads (palette, transparency) comes near this.
constexpr png_alloc_size_t kMaxChunkBytes = 1 << 20;

// libpng asks for compressed bytes in lots of 4096 and gets nothing when fewer are left: in a cut
// file it asks for few, so that the rows in the last lot are not lost.
constexpr size_t kLotBytesOfCutFile = 16;

class PngReader {
 public:
  PngReader(ByteSpan bytes, bool is_cut, const DecodeLimits& limits, Complaints& complaints)
      : bytes_(bytes), complaints_(complaints) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    info_ = png_ != nullptr ? png_create_info_struct(png_) : nullptr;
    if (info_ == nullptr) return;
    png_set_read_fn(png_, this, on_read);
    const auto side = static_cast<png_uint_32>(limits.max_side);
    png_set_user_limits(png_, side, side);
    if (is_cut) png_set_compression_buffer_size(png_, kLotBytesOfCutFile);
    png_set_chunk_malloc_max(png_, kMaxChunkBytes);
    // A wrong checksum is damage to be reported, not a reason to lose the pixels around it.
    png_set_crc_action(png_, PNG_CRC_WARN_USE, PNG_CRC_WARN_DISCARD);
    // Everything else was read by png_chunks.cc.
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
    // Writers exist that declare a smaller window than they use.
    png_set_option(png_, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);
  }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

  bool is_ready() const { return info_ != nullptr; }
  const char* error() const { return error_; }
  int rows_done() const { return rows_done_; }

  // Up to the first row, with samples as `format` has them.
  bool start(const PixelFormat& format) {
    return guarded([&] {
      png_read_info(png_, info_);
      request_format(format);
      passes_ = png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
      if (png_get_channels(png_, info_) != format.channels() ||
          png_get_bit_depth(png_, info_) != 8 * sample_bytes(format.sample))
        png_error(png_, "samples are not what the header promised");
    });
  }

  // Interlaced pictures need `whole`: room for all rows, interleaved. Others need one row.
  bool read_rows(const Image& image, std::byte* whole, StopCheck& stop) {
    const size_t row_bytes = interleaved_row_bytes(image);
    return guarded([&] {
      for (int pass = 0; pass < passes_; ++pass)
        for (int y = 0; y < image.height(); ++y) {
          if (stop.is_due()) png_error(png_, "stopped");
          std::byte* row = whole + (passes_ > 1 ? static_cast<size_t>(y) * row_bytes : 0);
          // The "display" row: pixels of early passes cover those that have not come yet.
          png_read_row(png_, nullptr, reinterpret_cast<png_bytep>(row));
          if (passes_ == 1) deinterleave_row(image, y, row);
          ++rows_done_;
        }
    });
  }

  // What stands behind the pixels: the last checksum and the end mark.
  bool finish() {
    return guarded([&] { png_read_end(png_, nullptr); });
  }

 private:
  template <typename Step>
  [[gnu::noinline]] bool guarded(const Step& step) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    step();
    return true;
  }

  void request_format(const PixelFormat& format) {
    const png_byte color_type = png_get_color_type(png_, info_);
    const bool has_key = png_get_valid(png_, info_, PNG_INFO_tRNS) != 0;
    if (color_type == PNG_COLOR_TYPE_PALETTE)
      png_set_palette_to_rgb(png_);
    else if (color_type == PNG_COLOR_TYPE_GRAY)
      png_set_expand_gray_1_2_4_to_8(png_);
    if (has_key && format.has_alpha) png_set_tRNS_to_alpha(png_);
    const bool delivers_alpha = (color_type & PNG_COLOR_MASK_ALPHA) != 0 || has_key;
    // libpng and the chunk reader may differ about a broken transparency chunk.
    if (format.has_alpha && !delivers_alpha) png_set_add_alpha(png_, 0xFFFF, PNG_FILLER_AFTER);
    if (!format.has_alpha && delivers_alpha) png_set_strip_alpha(png_);
    if constexpr (std::endian::native == std::endian::little)
      if (format.sample == SampleType::kU16) png_set_swap(png_);
  }

  static void on_read(png_structp png, png_bytep out, size_t bytes) {
    auto* self = static_cast<PngReader*>(png_get_io_ptr(png));
    if (bytes > self->bytes_.size() - self->offset_) {
      self->complaints_.is_truncated = true;
      png_error(png, "the file ends early");
    }
    std::memcpy(out, self->bytes_.data() + self->offset_, bytes);
    self->offset_ += bytes;
  }

  [[noreturn]] static void on_error(png_structp png, png_const_charp text) {
    auto* self = static_cast<PngReader*>(png_get_error_ptr(png));
    std::strncpy(self->error_, text, sizeof self->error_ - 1);
    png_longjmp(png, 1);
  }

  static void on_warning(png_structp png, png_const_charp text) {
    auto* self = static_cast<PngReader*>(png_get_error_ptr(png));
    const std::string_view said = text;
    const bool about_pixels = said.starts_with("IDAT") || said.starts_with("PLTE");
    if (about_pixels && (said.find("CRC") != said.npos || said.find("check") != said.npos))
      self->complaints_.damage(said);
    else
      self->complaints_.warn(said);
  }

  ByteSpan bytes_;
  Complaints& complaints_;
  size_t offset_ = 0;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int passes_ = 1;
  int rows_done_ = 0;  // over all passes
  char error_[128] = {};
};

void clear_rows(const Image& image, int from) {
  for (int c = 0; c < image.channels(); ++c)
    for (int y = from; y < image.height(); ++y)
      std::memset(image.plane(c).row<std::byte>(y), 0,
                  static_cast<size_t>(image.width() * sample_bytes(image.format().sample)));
}

Result<Image> read_pixels(ByteSpan bytes, const PngChunks& chunks, const DecodeRequest& request,
                          Complaints& complaints) {
  const ImageHeader& header = chunks.header;
  StopCheck stop(request);
  PngReader reader(bytes, chunks.is_cut, request.limits, complaints);
  if (!reader.is_ready()) return fail(Code::kResourceExhausted, "PNG: no memory for a decoder");
  if (!reader.start(header.pixel_format))
    return fail(Code::kCorruptInput, "PNG: before the pixels: {}", reader.error());
  IMAGEMILL_ASSIGN_OR_RETURN(const Image image, allocate_pixels(request, header));
  std::vector<std::byte> rows(interleaved_row_bytes(image) *
                              static_cast<size_t>(chunks.is_interlaced ? header.height : 1));
  const bool is_whole = reader.read_rows(image, rows.data(), stop);
  if (stop.has_stopped()) return stop.failure("PNG");
  if (!is_whole && reader.rows_done() == 0)
    return fail(Code::kCorruptInput, "PNG: no row can be decoded: {}", reader.error());
  if (chunks.is_interlaced) {
    for (int y = 0; y < header.height; ++y)
      deinterleave_row(image, y,
                       rows.data() + static_cast<size_t>(y) * interleaved_row_bytes(image));
  } else {
    clear_rows(image, reader.rows_done());
  }
  if (!is_whole) {
    complaints.damage(fmt::format("{} of {} rows: {}", reader.rows_done() % header.height,
                                  header.height, reader.error()));
  } else if (!reader.finish()) {
    complaints.damage(fmt::format("behind the pixels: {}", reader.error()));
  }
  return image;
}

class PngDecoder final : public Decoder {
 public:
  Result<ImageHeader> read_header(ByteSpan bytes) const override {
    IMAGEMILL_ASSIGN_OR_RETURN(const PngChunks chunks, read_png_chunks(bytes, PngMetadata::kSkip));
    return chunks.header;
  }

  Result<Decoded> decode(ByteSpan bytes, const DecodeRequest& request) const override {
    IMAGEMILL_ASSIGN_OR_RETURN(PngChunks chunks, read_png_chunks(bytes, PngMetadata::kRead));
    IMAGEMILL_TRY(check_limits(chunks.header, request.limits));
    Decoded out;
    IMAGEMILL_ASSIGN_OR_RETURN(out.image, read_pixels(bytes, chunks, request, chunks.complaints));
    IMAGEMILL_TRY(chunks.complaints.check(request.fail_on, "PNG"));
    out.image.color = std::move(chunks.color);
    out.header = chunks.header;
    out.metadata = std::move(chunks.metadata);
    out.is_damaged = chunks.complaints.is_damaged;
    out.warnings = std::move(chunks.complaints.warnings);
    return out;
  }
};

}  // namespace

std::string png_library() { return fmt::format("libpng {}", png_get_libpng_ver(nullptr)); }

const Decoder* png_decoder() {
  static const PngDecoder decoder;
  return &decoder;
}

}  // namespace imagemill
