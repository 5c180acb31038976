// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/codec.h"

#include <algorithm>
#include <array>

#include "base/checked_math.h"

namespace imagemill {
namespace {

struct FormatRow {
  FileFormat format;
  std::string_view name;
  std::string_view extensions;  // space separated; the first is the one outputs get
};

// Names and extensions; what each is made of is the codec's business.
constexpr std::array kFormats = {
    FormatRow{FileFormat::kJpeg, "jpeg", "jpg jpeg jpe jfif"},
    FormatRow{FileFormat::kPng, "png", "png apng"},
    FormatRow{FileFormat::kWebp, "webp", "webp"},
    FormatRow{FileFormat::kTiff, "tiff", "tif tiff"},
    FormatRow{FileFormat::kGif, "gif", "gif"},
    FormatRow{FileFormat::kBmp, "bmp", "bmp"},
    FormatRow{FileFormat::kPnm, "pnm", "pnm ppm pgm pbm pfm"},
    FormatRow{FileFormat::kTga, "tga", "tga"},
    FormatRow{FileFormat::kHdr, "hdr", "hdr"},
    FormatRow{FileFormat::kExr, "exr", "exr"},
    FormatRow{FileFormat::kPsd, "psd", "psd"},
    FormatRow{FileFormat::kHeic, "heic", "heic heif hif"},
    FormatRow{FileFormat::kAvif, "avif", "avif"},
    FormatRow{FileFormat::kJxl, "jxl", "jxl"},
    FormatRow{FileFormat::kRaw, "raw",
              "dng 3fr ari arw cap cin cr2 cr3 crw dcr erf fff iiq k25 kdc mrw nef nrw orf ori pef "
              "raf raw rw2 rwl sr2 srf srw x3f"},
};

const FormatRow* row_of(FileFormat format) {
  const auto* it = std::ranges::find(kFormats, format, &FormatRow::format);
  return it == kFormats.end() ? nullptr : it;
}

bool has_word(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const size_t space = std::min(words.find(' '), words.size());
    if (words.substr(0, space) == word) return true;
    words.remove_prefix(std::min(space + 1, words.size()));
  }
  return false;
}

bool starts_with(ByteSpan bytes, std::string_view signature, size_t offset = 0) {
  return bytes.size() >= offset + signature.size() &&
         as_text(bytes).substr(offset, signature.size()) == signature;
}

using namespace std::string_view_literals;

FileFormat sniff_iso_media(ByteSpan bytes) {
  // ISO/IEC 14496-12: size, "ftyp", major brand, minor version, compatible brands.
  const size_t box =
      std::min<size_t>(read_u32(as_u8(bytes), true), std::min<size_t>(bytes.size(), 256));
  bool heif = false;
  for (size_t at = 8; at + 4 <= box; at += at == 8 ? 8 : 4) {
    const std::string_view brand = as_text(bytes).substr(at, 4);
    if (brand == "avif" || brand == "avis") return FileFormat::kAvif;
    if (brand == "crx ") return FileFormat::kRaw;
    if (brand == "heic" || brand == "heix" || brand == "hevc" || brand == "heim" ||
        brand == "heis" || brand == "mif1" || brand == "msf1")
      heif = true;
  }
  return heif ? FileFormat::kHeic : FileFormat::kUnknown;
}

// Camera RAW files are TIFF files with other content: told apart by maker magic or by what the
// first IFD says.
bool is_tiff_raw(ByteSpan bytes) {
  if (starts_with(bytes, "CR\x02"sv, 8)) return true;  // Canon CR2
  if (bytes.size() < 8) return false;
  const uint8_t* p = as_u8(bytes);
  const bool big = p[0] == 'M';
  const uint64_t ifd = read_u32(p + 4, big);
  if (ifd + 2 > bytes.size()) return false;
  const int entries = std::min<int>(read_u16(p + ifd, big), 512);
  bool subsampled_preview = false, sub_ifds = false, raw_maker = false;
  for (int i = 0; i < entries; ++i) {
    const uint64_t at = ifd + 2 + 12ull * static_cast<uint64_t>(i);
    if (at + 12 > bytes.size()) break;
    const uint16_t tag = read_u16(p + at, big);
    const uint32_t value =
        read_u16(p + at + 2, big) == 3 ? read_u16(p + at + 8, big) : read_u32(p + at + 8, big);
    if (tag == 50706) return true;                                      // DNGVersion
    if (tag == 262 && (value == 32803 || value == 34892)) return true;  // CFA, LinearRaw
    if (tag == 254 && (value & 1) != 0) subsampled_preview = true;
    if (tag == 330) sub_ifds = true;
    if (tag == 271) {
      const uint64_t count = read_u32(p + at + 4, big);
      const uint64_t from = count <= 4 ? at + 8 : read_u32(p + at + 8, big);
      if (from + 5 <= bytes.size()) {
        const std::string_view maker = as_text(bytes).substr(from, 5);
        raw_maker = maker == "NIKON" || maker.starts_with("SONY") || maker == "PENTA" ||
                    maker == "SAMSU" || maker == "Hasse";
      }
    }
  }
  return raw_maker && sub_ifds && subsampled_preview;
}

bool is_tga(ByteSpan bytes) {
  // TGA has no signature at the start; version 2 has one at the very end, version 1 only plausible
  // fields.
  if (bytes.size() < 18) return false;
  if (bytes.size() >= 44 && starts_with(bytes, "TRUEVISION-XFILE.\0"sv, bytes.size() - 18))
    return true;
  const uint8_t* p = as_u8(bytes);
  const uint8_t map = p[1], type = p[2], bits = p[16];
  const bool mapped = type == 1 || type == 9,
             plain = type == 2 || type == 3 || type == 10 || type == 11;
  if (map > 1 || (mapped ? map != 1 : !plain)) return false;
  if (read_u16(p + 12, false) == 0 || read_u16(p + 14, false) == 0) return false;
  return (bits == 8 || bits == 15 || bits == 16 || bits == 24 || bits == 32) && (p[17] & 0xC0) == 0;
}

}  // namespace

std::string_view format_name(FileFormat format) {
  const FormatRow* row = row_of(format);
  return row ? row->name : "unknown";
}

std::optional<FileFormat> format_from_name(std::string_view name) {
  for (const FormatRow& row : kFormats)
    if (row.name == name || (has_word(row.extensions, name) && row.format != FileFormat::kRaw))
      return row.format;
  return std::nullopt;
}

std::string_view format_extension(FileFormat format) {
  const FormatRow* row = row_of(format);
  return row ? row->extensions.substr(0, row->extensions.find(' ')) : std::string_view();
}

bool extension_fits(FileFormat format, std::string_view extension) {
  const FormatRow* row = row_of(format);
  return row != nullptr && has_word(row->extensions, extension);
}

FileFormat format_of_extension(std::string_view extension) {
  for (const FormatRow& row : kFormats)
    if (!extension.empty() && has_word(row.extensions, extension)) return row.format;
  return FileFormat::kUnknown;
}

FileFormat sniff(ByteSpan bytes) {
  if (starts_with(bytes, "\xFF\xD8\xFF"sv)) return FileFormat::kJpeg;
  if (starts_with(bytes, "\x89PNG\r\n\x1A\n"sv)) return FileFormat::kPng;
  if (starts_with(bytes, "RIFF"sv) && starts_with(bytes, "WEBP"sv, 8)) return FileFormat::kWebp;
  if (starts_with(bytes, "GIF87a"sv) || starts_with(bytes, "GIF89a"sv)) return FileFormat::kGif;
  if (starts_with(bytes, "IIRO"sv) || starts_with(bytes, "IIRS"sv) ||
      starts_with(bytes, "MMOR"sv) ||   // Olympus ORF
      starts_with(bytes, "IIU\0"sv) ||  // Panasonic RW2
      starts_with(bytes, "FUJIFILMCCD-RAW"sv) || starts_with(bytes, "FOVb"sv) ||
      starts_with(bytes, "\0MRM"sv) || starts_with(bytes, "HEAPCCDR"sv, 6))
    return FileFormat::kRaw;
  if (starts_with(bytes, "II*\0"sv) || starts_with(bytes, "MM\0*"sv))
    return is_tiff_raw(bytes) ? FileFormat::kRaw : FileFormat::kTiff;
  if (starts_with(bytes, "II+\0"sv) || starts_with(bytes, "MM\0+"sv))
    return FileFormat::kTiff;  // BigTIFF
  if (starts_with(bytes, "8BPS"sv)) return FileFormat::kPsd;
  if (starts_with(bytes, "v/1\x01"sv)) return FileFormat::kExr;
  if (starts_with(bytes, "#?RADIANCE"sv) || starts_with(bytes, "#?RGBE"sv)) return FileFormat::kHdr;
  if (starts_with(bytes, "\xFF\x0A"sv) || starts_with(bytes, "\0\0\0\x0CJXL \r\n\x87\n"sv))
    return FileFormat::kJxl;
  if (starts_with(bytes, "ftyp"sv, 4) && bytes.size() >= 16) return sniff_iso_media(bytes);
  if (bytes.size() >= 3 && bytes[0] == std::byte{'P'}) {
    const auto kind = static_cast<char>(bytes[1]);
    const auto next = static_cast<char>(bytes[2]);
    const bool space = next == ' ' || next == '\n' || next == '\t' || next == '\r' || next == '#';
    if (space && ((kind >= '1' && kind <= '7') || kind == 'F' || kind == 'f'))
      return FileFormat::kPnm;
  }
  if (starts_with(bytes, "BM"sv) && bytes.size() >= 18) {
    const uint32_t header = read_u32(as_u8(bytes) + 14, false);
    if (header == 12 || (header >= 16 && header <= 256)) return FileFormat::kBmp;
  }
  if (is_tga(bytes)) return FileFormat::kTga;
  return FileFormat::kUnknown;
}

Result<> check_limits(const ImageHeader& header, const DecodeLimits& limits) {
  const std::string_view name = format_name(header.format);
  if (header.width < 1 || header.height < 1)
    return fail(Code::kCorruptInput, "{}: header says {}x{} pixels", name, header.width,
                header.height);
  const uint64_t pixels =
      static_cast<uint64_t>(header.width) * static_cast<uint64_t>(header.height);
  if (pixels > limits.max_pixels)
    return fail(Code::kResourceExhausted, "{}: {}x{} = {} pixels, the limit is {} (--limit-pixels)",
                name, header.width, header.height, pixels, limits.max_pixels);
  if (std::max(header.width, header.height) > limits.max_side)
    return fail(Code::kResourceExhausted, "{}: {}x{} pixels, the limit for a side is {}", name,
                header.width, header.height, limits.max_side);
  if (header.pixel_format.channels() > limits.max_channels)
    return fail(Code::kResourceExhausted, "{}: {} channels, the limit is {}", name,
                header.pixel_format.channels(), limits.max_channels);
  return {};
}

Result<Image> allocate_pixels(const DecodeRequest& request, const ImageHeader& header) {
  if (request.memory == nullptr)
    return Image::allocate(header.width, header.height, header.pixel_format);
  return request.memory->allocate({.header = header});
}

uint64_t Decoder::decode_bytes(const ImageHeader& header, const DecodeRequest& request) const {
  const Size size = decoded_size(header, request);
  const auto bytes = image_bytes(size.width, size.height, header.pixel_format);
  // Twice: libraries that deliver interleaved rows hold a second copy while it is taken apart.
  return bytes ? 2 * static_cast<uint64_t>(*bytes) : UINT64_MAX;
}

Result<ImageHeader> read_image_header(ByteSpan bytes) {
  if (bytes.empty()) return fail(Code::kCorruptInput, "empty file");
  const FileFormat format = sniff(bytes);
  if (format == FileFormat::kUnknown)
    return fail(Code::kUnsupported, "not a picture format known here ({} bytes)", bytes.size());
  const Decoder* decoder = decoder_for(format);
  if (decoder == nullptr)
    return fail(Code::kUnsupported, "{}: no decoder in this build", format_name(format));
  return decoder->read_header(bytes);
}

Result<Decoded> decode_image(ByteSpan bytes, const DecodeRequest& request) {
  IMAGEMILL_ASSIGN_OR_RETURN(const ImageHeader header, read_image_header(bytes));
  IMAGEMILL_TRY(check_limits(header, request.limits));
  return decoder_for(header.format)->decode(bytes, request);
}

}  // namespace imagemill
