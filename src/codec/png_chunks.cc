// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/png_chunks.h"

#include <libdeflate.h>

#include <algorithm>
#include <memory>

#include "codec/exif_prefix.h"
#include "image/exif.h"

namespace imagemill {
namespace {

using namespace std::string_view_literals;

constexpr auto kSignature = "\x89PNG\r\n\x1a\n"sv;
constexpr auto kXmpKeyword = "XML:com.adobe.xmp\0"sv;

struct Chunk {
  std::string_view type;
  ByteSpan data;
  bool is_intact = false;  // its checksum fits
  size_t next = 0;         // offset behind it
};

// Length, type, data, CRC of type and data. nullopt when the file ends before the chunk does.
std::optional<Chunk> chunk_at(ByteSpan bytes, size_t offset) {
  if (bytes.size() < offset + 12) return std::nullopt;
  const uint8_t* p = as_u8(bytes) + offset;
  const size_t length = read_u32(p, true);
  if (bytes.size() - offset - 12 < length) return std::nullopt;
  Chunk chunk;
  chunk.type = as_text(bytes).substr(offset + 4, 4);
  chunk.data = bytes.subspan(offset + 8, length);
  chunk.next = offset + 12 + length;
  // Pixels are by far the most, and libpng checks them.
  if (chunk.type != "IDAT")
    chunk.is_intact = libdeflate_crc32(0, p + 4, length + 4) == read_u32(p + 8 + length, true);
  return chunk;
}

bool is_sample_depth(int depth, int color_type) {
  switch (color_type) {
    case 0:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
    case 3:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8;
    case 2:
    case 4:
    case 6:
      return depth == 8 || depth == 16;
    default:
      return false;
  }
}

Result<PngChunks> read_header_chunk(const Chunk& chunk) {
  if (chunk.type != "IHDR" || chunk.data.size() != 13)
    return fail(Code::kCorruptInput, "PNG: first chunk of {} bytes is not a header",
                chunk.data.size());
  if (!chunk.is_intact)
    return fail(Code::kCorruptInput, "PNG: the header's checksum does not fit its content");
  const uint8_t* p = as_u8(chunk.data);
  const uint32_t width = read_u32(p, true), height = read_u32(p + 4, true);
  const int depth = p[8], color_type = p[9];
  if (width == 0 || height == 0 || width > INT32_MAX || height > INT32_MAX)
    return fail(Code::kCorruptInput, "PNG: header says {}x{} pixels", width, height);
  if (!is_sample_depth(depth, color_type))
    return fail(Code::kCorruptInput, "PNG: colour type {} with {} bits a sample does not exist",
                color_type, depth);
  if (p[10] != 0 || p[11] != 0 || p[12] > 1)
    return fail(Code::kCorruptInput, "PNG: unknown compression {}, filter {} or interlace {}",
                p[10], p[11], p[12]);
  PngChunks out;
  out.is_interlaced = p[12] == 1;
  out.header.format = FileFormat::kPng;
  out.header.width = static_cast<int>(width);
  out.header.height = static_cast<int>(height);
  const SampleType sample = depth == 16 ? SampleType::kU16 : SampleType::kU8;
  const bool is_gray = color_type == 0 || color_type == 4;
  out.header.pixel_format = is_gray ? PixelFormat::gray(sample, color_type == 4)
                                    : PixelFormat::rgb(sample, color_type == 6);
  return out;
}

// Inflated bytes; empty when the stream is broken or larger than the bound. The stream does not say
// its size, so the buffer doubles until it fits.
Bytes inflate(ByteSpan zlib) {
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> inflater(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  if (inflater == nullptr) return {};
  Bytes out;
  for (size_t size = 64 << 10; size <= kMaxPngMetadataBytes; size *= 2) {
    out.resize(size);
    size_t actual = 0;
    const auto result = libdeflate_zlib_decompress(inflater.get(), zlib.data(), zlib.size(),
                                                   out.data(), out.size(), &actual);
    if (result == LIBDEFLATE_SUCCESS) {
      out.resize(actual);
      return out;
    }
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE) break;
  }
  return {};
}

// iCCP: name, 0, method 0, zlib stream.
void read_profile(const Chunk& chunk, PngChunks& out) {
  const size_t name = as_text(chunk.data).find('\0');
  if (name == std::string_view::npos || name + 2 >= chunk.data.size()) {
    out.complaints.warn("colour profile chunk is broken");
    return;
  }
  Bytes profile = inflate(chunk.data.subspan(name + 2));
  if (profile.empty()) {
    out.complaints.warn("colour profile cannot be inflated");
    return;
  }
  out.metadata.icc = std::make_shared<const Bytes>(std::move(profile));
  out.color.icc = out.metadata.icc;
}

// iTXt: keyword, 0, compressed?, method, language, 0, translated keyword, 0, text.
void read_xmp(const Chunk& chunk, PngChunks& out) {
  const std::string_view text = as_text(chunk.data);
  if (!text.starts_with(kXmpKeyword) || text.size() < kXmpKeyword.size() + 2) return;
  const bool is_compressed = text[kXmpKeyword.size()] == 1;
  const size_t language = text.find('\0', kXmpKeyword.size() + 2);
  const size_t translated =
      language == std::string_view::npos ? language : text.find('\0', language + 1);
  if (translated == std::string_view::npos) return out.complaints.warn("XMP chunk is broken");
  const ByteSpan packet = chunk.data.subspan(translated + 1);
  out.metadata.xmp = is_compressed ? inflate(packet) : Bytes(packet.begin(), packet.end());
  if (is_compressed && out.metadata.xmp.empty()) out.complaints.warn("XMP cannot be inflated");
}

// cICP: code points of ITU-T H.273. Those not named here stay unknown.
void read_code_points(const Chunk& chunk, PngChunks& out) {
  if (chunk.data.size() != 4) return out.complaints.warn("cICP chunk is broken");
  const uint8_t* p = as_u8(chunk.data);
  out.color.primaries = p[0] == 1    ? Primaries::kBt709
                        : p[0] == 9  ? Primaries::kBt2020
                        : p[0] == 12 ? Primaries::kDisplayP3
                                     : Primaries::kUnknown;
  out.color.transfer = p[1] == 13                 ? TransferFunction::kSrgb
                       : p[1] == 8                ? TransferFunction::kLinear
                       : p[1] == 16               ? TransferFunction::kPq
                       : p[1] == 18               ? TransferFunction::kHlg
                       : p[1] == 1 || p[1] == 6   ? TransferFunction::kBt709
                       : p[1] == 14 || p[1] == 15 ? TransferFunction::kBt709
                                                  : TransferFunction::kUnknown;
}

// gAMA and cHRM are not looked at: files with a gamma that nobody meant are far more common than
// files that need it, which is why Pillow and libvips ignore it too. sRGB says what we assume.
void read_ancillary(const Chunk& chunk, bool before_pixels, PngMetadata what, PngChunks& out) {
  const bool is_known = chunk.type == "iCCP" || chunk.type == "eXIf" || chunk.type == "iTXt" ||
                        chunk.type == "cICP" || chunk.type == "acTL" || chunk.type == "tRNS";
  if (!is_known) return;
  if (!chunk.is_intact)
    return out.complaints.warn(fmt::format("{} chunk: checksum does not fit", chunk.type));
  if (chunk.type == "tRNS" && before_pixels && !chunk.data.empty()) {
    out.header.pixel_format.has_alpha = true;
  } else if (chunk.type == "acTL" && before_pixels && chunk.data.size() == 8) {
    const uint32_t frames = read_u32(as_u8(chunk.data), true);
    out.header.pages = static_cast<int>(std::clamp<uint32_t>(frames, 1, INT32_MAX));
  } else if (chunk.type == "iCCP" && before_pixels && !out.header.has_icc) {
    out.header.has_icc = true;
    if (what == PngMetadata::kRead) read_profile(chunk, out);
  } else if (chunk.type == "cICP" && before_pixels) {
    read_code_points(chunk, out);
  } else if (chunk.type == "iTXt" && what == PngMetadata::kRead) {
    read_xmp(chunk, out);
  } else if (chunk.type == "eXIf" && out.metadata.exif.empty()) {
    const ByteSpan exif = without_exif_prefix(chunk.data);
    out.metadata.exif.assign(exif.begin(), exif.end());
    out.header.orientation = exif_orientation(exif);
  }
}

}  // namespace

Result<PngChunks> read_png_chunks(ByteSpan bytes, PngMetadata what) {
  if (!as_text(bytes).starts_with(kSignature))
    return fail(Code::kCorruptInput, "PNG: the signature is damaged");
  const std::optional<Chunk> first = chunk_at(bytes, kSignature.size());
  if (!first) return fail(Code::kCorruptInput, "PNG: {} bytes end in the header", bytes.size());
  IMAGEMILL_ASSIGN_OR_RETURN(PngChunks out, read_header_chunk(*first));
  const bool can_be_transparent = !out.header.pixel_format.has_alpha;
  bool before_pixels = true;
  auto chunk = chunk_at(bytes, first->next);
  for (; chunk && chunk->type != "IEND"; chunk = chunk_at(bytes, chunk->next)) {
    if (chunk->type == "IDAT")
      before_pixels = false;
    else if (chunk->type != "tRNS" || can_be_transparent)
      read_ancillary(*chunk, before_pixels, what, out);
  }
  if (chunk && before_pixels)
    return fail(Code::kCorruptInput, "PNG: no pixels (no IDAT chunk) in {} bytes", bytes.size());
  out.is_cut = !chunk;
  return out;
}

}  // namespace imagemill
