// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A bounded view of the directories (IFDs) in an EXIF block. Nothing here allocates, and nothing
// can be asked to read outside the block: an entry whose value lies outside has no bytes, a table
// that runs over the end has only the entries that fit. Directories are visited by name, never by
// following links until they end, so a loop of links costs nothing.
#pragma once

#include <cstring>
#include <optional>

#include "base/bytes.h"

namespace imagemill {

enum class ExifTag : uint16_t {
  kImageWidth = 0x0100,
  kImageLength = 0x0101,
  kMake = 0x010F,
  kModel = 0x0110,
  kStripOffsets = 0x0111,
  kOrientation = 0x0112,
  kStripByteCounts = 0x0117,
  kDateTime = 0x0132,
  kJpegOffset = 0x0201,
  kJpegLength = 0x0202,
  kExposureTime = 0x829A,
  kFNumber = 0x829D,
  kExifIfd = 0x8769,
  kGpsIfd = 0x8825,
  kIso = 0x8827,
  kExifVersion = 0x9000,
  kDateTimeOriginal = 0x9003,
  kDateTimeDigitized = 0x9004,
  kOffsetTime = 0x9010,
  kOffsetTimeOriginal = 0x9011,
  kOffsetTimeDigitized = 0x9012,
  kFocalLength = 0x920A,
  kSubSecTime = 0x9290,
  kSubSecTimeOriginal = 0x9291,
  kSubSecTimeDigitized = 0x9292,
  kPixelXDimension = 0xA002,
  kPixelYDimension = 0xA003,
  kInteropIfd = 0xA005,
  // Numbers of the GPS directory's own.
  kGpsLatitudeRef = 1,
  kGpsLatitude = 2,
  kGpsLongitudeRef = 3,
  kGpsLongitude = 4,
  kGpsAltitudeRef = 5,
  kGpsAltitude = 6,
};

enum class TiffType : uint16_t {
  kByte = 1,
  kAscii = 2,
  kShort = 3,
  kLong = 4,
  kRational = 5,
  kUndefined = 7,
  kSignedRational = 10,
};

// Bytes of one value; 0 for a type that TIFF 6.0 does not know.
constexpr uint32_t tiff_type_bytes(uint16_t type) {
  constexpr uint8_t kBytes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
  return type < sizeof(kBytes) ? kBytes[type] : 0;
}

// Bytes [begin, end) of a block.
struct BlockRange {
  size_t begin = 0;
  size_t end = 0;
  size_t size() const { return end - begin; }
};

struct TiffEntry {
  size_t at = 0;  // where its 12 bytes lie
  ExifTag tag{};
  uint16_t type = 0;
  uint32_t count = 0;
  BlockRange value = {};  // empty: outside the block, or of an unknown type

  bool is_inline() const { return value.begin == at + 8; }
};

// One table of entries. Sizes are those that fit the block.
struct TiffDirectory {
  size_t at = 0;
  uint16_t count = 0;
  bool is_complete = false;  // all entries and the link behind them lie in the block

  size_t entry_at(int index) const { return at + 2 + 12 * static_cast<size_t>(index); }
  size_t link_at() const { return entry_at(count); }
};

class TiffBlock {
 public:
  static constexpr size_t kHeaderBytes = 8;

  // nullopt: no TIFF header, or its first directory lies outside the block.
  static std::optional<TiffBlock> open(ByteSpan bytes) {
    if (bytes.size() < kHeaderBytes) return std::nullopt;
    TiffBlock block(bytes, bytes[0] == std::byte{'M'});
    const char* header = block.big_endian_ ? "MM\0*" : "II*\0";
    if (std::memcmp(bytes.data(), header, 4) != 0) return std::nullopt;
    const auto first = block.directory(block.u32(4));
    if (!first) return std::nullopt;
    block.first_ = *first;
    return block;
  }

  size_t size() const { return bytes_.size(); }
  bool is_big_endian() const { return big_endian_; }
  const TiffDirectory& first() const { return first_; }
  ByteSpan bytes(BlockRange range) const { return bytes_.subspan(range.begin, range.size()); }

  // The caller has checked that the bytes are there.
  uint16_t u16(size_t at) const { return read_u16(as_u8(bytes_) + at, big_endian_); }
  uint32_t u32(size_t at) const { return read_u32(as_u8(bytes_) + at, big_endian_); }

  // nullopt: no room for a table there, or inside the header.
  std::optional<TiffDirectory> directory(size_t at) const {
    if (at < kHeaderBytes || at > size() || size() - at < 2) return std::nullopt;
    TiffDirectory table{.at = at, .count = u16(at)};
    const size_t fitting = (size() - at - 2) / 12;
    if (table.count > fitting)
      table.count = static_cast<uint16_t>(fitting);
    else
      table.is_complete = size() - table.link_at() >= 4;
    return table;
  }

  TiffEntry entry(const TiffDirectory& table, int index) const {
    const size_t at = table.entry_at(index);
    TiffEntry entry{
        .at = at, .tag = static_cast<ExifTag>(u16(at)), .type = u16(at + 2), .count = u32(at + 4)};
    const uint64_t length = uint64_t{entry.count} * tiff_type_bytes(entry.type);
    const size_t begin = length <= 4 ? at + 8 : u32(at + 8);
    if (begin <= size() && length <= size() - begin)
      entry.value = {begin, begin + static_cast<size_t>(length)};
    return entry;
  }

  // The first entry with the tag and at least one readable value.
  std::optional<TiffEntry> find(const TiffDirectory& table, ExifTag tag) const {
    for (int i = 0; i < table.count; ++i) {
      if (u16(table.entry_at(i)) != static_cast<uint16_t>(tag)) continue;
      const TiffEntry found = entry(table, i);
      if (found.value.size() > 0) return found;
    }
    return std::nullopt;
  }

  // The index-th value of a BYTE, SHORT or LONG entry.
  std::optional<uint32_t> integer(const TiffEntry& entry, uint32_t index = 0) const {
    const size_t width = tiff_type_bytes(entry.type);
    if (width == 0 || index >= entry.value.size() / width) return std::nullopt;
    const size_t at = entry.value.begin + index * width;
    switch (static_cast<TiffType>(entry.type)) {
      case TiffType::kByte:
        return as_u8(bytes_)[at];
      case TiffType::kShort:
        return u16(at);
      case TiffType::kLong:
        return u32(at);
      default:
        return std::nullopt;
    }
  }
  std::optional<uint32_t> integer(const TiffDirectory& table, ExifTag tag) const {
    const auto found = find(table, tag);
    return found ? integer(*found) : std::nullopt;
  }

  // The directory that an entry points to.
  std::optional<TiffDirectory> linked(const TiffDirectory& table, ExifTag tag) const {
    const auto offset = integer(table, tag);
    return offset ? directory(*offset) : std::nullopt;
  }
  // The directory that follows in the chain: behind IFD0 the thumbnail's, IFD1.
  std::optional<TiffDirectory> next(const TiffDirectory& table) const {
    if (!table.is_complete) return std::nullopt;
    return directory(u32(table.link_at()));
  }

 private:
  TiffBlock(ByteSpan bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  ByteSpan bytes_;
  bool big_endian_;
  TiffDirectory first_;
};

}  // namespace imagemill
