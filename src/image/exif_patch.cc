// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Writing of EXIF blocks: patches in place, and the small block of our own.
#include <algorithm>
#include <string_view>

#include "image/exif.h"
#include "image/tiff_ifd.h"

namespace imagemill {
namespace {

using Ranges = std::vector<BlockRange>;

// The table of a directory and every value that lies outside it.
void append_directory(const TiffBlock& block, const TiffDirectory& table, Ranges& out) {
  out.push_back({table.at, std::min(table.link_at() + 4, block.size())});
  for (int i = 0; i < table.count; ++i) {
    const TiffEntry entry = block.entry(table, i);
    if (entry.value.size() > 0 && !entry.is_inline()) out.push_back(entry.value);
  }
}

void append_clamped(const TiffBlock& block, uint64_t begin, uint64_t length, Ranges& out) {
  if (begin >= block.size() || length == 0) return;
  out.push_back({static_cast<size_t>(begin),
                 static_cast<size_t>(std::min<uint64_t>(begin + length, block.size()))});
}

void append_thumbnail(const TiffBlock& block, const TiffDirectory& ifd1, Ranges& out) {
  append_directory(block, ifd1, out);
  const auto offset = block.integer(ifd1, ExifTag::kJpegOffset);
  const auto length = block.integer(ifd1, ExifTag::kJpegLength);
  if (offset && length) append_clamped(block, *offset, *length, out);
  const auto strips = block.find(ifd1, ExifTag::kStripOffsets);
  const auto counts = block.find(ifd1, ExifTag::kStripByteCounts);
  if (!strips || !counts) return;
  for (uint32_t i = 0;; ++i) {
    const auto at = block.integer(*strips, i);
    const auto bytes = block.integer(*counts, i);
    if (!at || !bytes) return;
    append_clamped(block, *at, *bytes, out);
  }
}

// Sorted, merged.
Ranges merged(Ranges ranges) {
  std::ranges::sort(ranges, {}, &BlockRange::begin);
  Ranges out;
  for (const BlockRange& range : ranges) {
    if (!out.empty() && range.begin <= out.back().end)
      out.back().end = std::max(out.back().end, range.end);
    else
      out.push_back(range);
  }
  return out;
}

// What is in `dropped` but not in `kept`; both merged.
Ranges without(const Ranges& dropped, const Ranges& kept) {
  Ranges out;
  auto k = kept.begin();
  for (BlockRange range : dropped) {
    while (k != kept.end() && k->end <= range.begin) ++k;
    for (auto cut = k; cut != kept.end() && cut->begin < range.end; ++cut) {
      if (cut->begin > range.begin) out.push_back({range.begin, cut->begin});
      range.begin = std::min(cut->end, range.end);
    }
    if (range.size() > 0) out.push_back(range);
  }
  return out;
}

class ExifPatcher {
 public:
  ExifPatcher(const TiffBlock& block, ByteSpan bytes)
      : block_(block), first_(block.first()), out_(bytes.begin(), bytes.end()) {
    exif_ = block.linked(first_, ExifTag::kExifIfd);
  }

  void set_orientation(Orientation orientation) {
    set_all(first_, ExifTag::kOrientation, static_cast<uint32_t>(orientation));
  }

  void set_size(Size size) {
    const auto width = static_cast<uint32_t>(size.width);
    const auto height = static_cast<uint32_t>(size.height);
    set_all(first_, ExifTag::kImageWidth, width);
    set_all(first_, ExifTag::kImageLength, height);
    if (!exif_) return;
    set_all(*exif_, ExifTag::kPixelXDimension, width);
    set_all(*exif_, ExifTag::kPixelYDimension, height);
  }

  // Directories are taken out last: from there on the tables have moved.
  Bytes drop(bool thumbnail, bool gps) && {
    Ranges dropped;
    Ranges kept = {{0, TiffBlock::kHeaderBytes}};
    append_kept(gps, kept);
    const auto ifd1 = block_.next(first_);
    if (ifd1) {
      append_thumbnail(block_, *ifd1, thumbnail ? dropped : kept);
      if (thumbnail) write_u32(first_.link_at(), 0);
    }
    if (gps) drop_gps(dropped);
    kept = merged(std::move(kept));
    const Ranges free = without(merged(std::move(dropped)), kept);
    for (const BlockRange& range : tail_cut(free, kept.back().end))
      std::fill(out_.begin() + static_cast<ptrdiff_t>(range.begin),
                out_.begin() + static_cast<ptrdiff_t>(range.end), std::byte{0});
    out_.resize(end_);
    return std::move(out_);
  }

 private:
  void append_kept(bool gps_is_dropped, Ranges& kept) const {
    append_directory(block_, first_, kept);
    if (exif_) {
      append_directory(block_, *exif_, kept);
      if (const auto interop = block_.linked(*exif_, ExifTag::kInteropIfd))
        append_directory(block_, *interop, kept);
    }
    if (gps_is_dropped) return;
    if (const auto gps = block_.linked(first_, ExifTag::kGpsIfd))
      append_directory(block_, *gps, kept);
  }

  void drop_gps(Ranges& dropped) {
    // Some writers put the link into the Exif directory; a doubled link is a known trick.
    for (const TiffDirectory* table : {&first_, exif_ ? &*exif_ : nullptr}) {
      if (table == nullptr) continue;
      for (int i = 0; i < table->count; ++i) {
        const TiffEntry entry = block_.entry(*table, i);
        if (entry.tag != ExifTag::kGpsIfd) continue;
        const auto offset = block_.integer(entry);
        if (const auto gps = offset ? block_.directory(*offset) : std::nullopt)
          append_directory(block_, *gps, dropped);
      }
    }
    if (exif_) remove_entries(*exif_, ExifTag::kGpsIfd);
    remove_entries(first_, ExifTag::kGpsIfd);
  }

  // Closes the gap inside the table; what it gives up at its end becomes zeros.
  void remove_entries(const TiffDirectory& table, ExifTag tag) {
    const size_t end = std::min(table.link_at() + (table.is_complete ? 4 : 0), out_.size());
    uint16_t left = 0;
    size_t to = table.entry_at(0);
    for (int i = 0; i < table.count; ++i) {
      const size_t from = table.entry_at(i);
      if (static_cast<ExifTag>(read_u16(u8() + from, block_.is_big_endian())) == tag) continue;
      if (to != from) std::copy_n(u8() + from, 12, u8() + to);
      to += 12;
      ++left;
    }
    if (left == table.count) return;
    const size_t link = table.link_at();
    to = static_cast<size_t>(std::copy(u8() + link, u8() + end, u8() + to) - u8());
    std::fill(u8() + to, u8() + end, uint8_t{0});
    write_u16(table.at, left);
  }

  // Moves end_ in front of the ranges that end the block (a byte of padding may lie between).
  Ranges tail_cut(Ranges ranges, size_t kept_end) {
    end_ = out_.size();
    while (!ranges.empty() && ranges.back().begin >= kept_end && ranges.back().end + 1 >= end_) {
      end_ = ranges.back().begin;
      ranges.pop_back();
    }
    return ranges;
  }

  // The first value of every entry with the tag.
  void set_all(const TiffDirectory& table, ExifTag tag, uint32_t value) {
    for (int i = 0; i < table.count; ++i) {
      const TiffEntry entry = block_.entry(table, i);
      if (entry.tag != tag || !block_.integer(entry)) continue;
      const auto type = static_cast<TiffType>(entry.type);
      if (type == TiffType::kLong) {
        write_u32(entry.value.begin, value);
      } else if (type == TiffType::kShort && value <= UINT16_MAX) {
        write_u16(entry.value.begin, static_cast<uint16_t>(value));
      } else if (type == TiffType::kByte && value <= UINT8_MAX) {
        out_[entry.value.begin] = static_cast<std::byte>(value);
      } else if (entry.count == 1) {
        // A single value lies inside the entry, where a LONG has room as well.
        write_u16(entry.at + 2, static_cast<uint16_t>(TiffType::kLong));
        write_u32(entry.at + 8, value);
      }
    }
  }

  uint8_t* u8() { return reinterpret_cast<uint8_t*>(out_.data()); }
  void write_u16(size_t at, uint16_t value) {
    const auto low = static_cast<uint8_t>(value);
    const auto high = static_cast<uint8_t>(value >> 8);
    u8()[at] = block_.is_big_endian() ? high : low;
    u8()[at + 1] = block_.is_big_endian() ? low : high;
  }
  void write_u32(size_t at, uint32_t value) {
    const bool big = block_.is_big_endian();
    write_u16(at + (big ? 0 : 2), static_cast<uint16_t>(value >> 16));
    write_u16(at + (big ? 2 : 0), static_cast<uint16_t>(value));
  }

  const TiffBlock& block_;  // the bytes as they came; out_ is what they become
  TiffDirectory first_;
  std::optional<TiffDirectory> exif_;
  Bytes out_;
  size_t end_ = 0;
};

// A little-endian directory in the making.
class DirectoryWriter {
 public:
  explicit DirectoryWriter(uint16_t entries) : table_bytes_(2 + 12 * entries + 4) {
    put16(table_, entries);
  }
  void integer(ExifTag tag, TiffType type, uint32_t value) {
    begin(tag, type, 1);
    put32(table_, value);
  }
  void text(ExifTag tag, TiffType type, std::string_view value, size_t directory_at) {
    const bool terminated = type == TiffType::kAscii;
    const size_t length = value.size() + (terminated ? 1 : 0);
    begin(tag, type, static_cast<uint32_t>(length));
    Bytes& target = length <= 4 ? table_ : values_;
    if (length > 4)
      put32(table_, static_cast<uint32_t>(directory_at + table_bytes_ + values_.size()));
    const size_t before = target.size();
    for (const char c : value) target.push_back(static_cast<std::byte>(c));
    // Inline values fill their 4 bytes, outer ones begin on even offsets.
    const size_t padded = length <= 4 ? 4 : (length + 1) / 2 * 2;
    target.resize(before + padded);
  }
  void finish(Bytes& out) {
    put32(table_, 0);
    out.insert(out.end(), table_.begin(), table_.end());
    out.insert(out.end(), values_.begin(), values_.end());
  }

 private:
  void begin(ExifTag tag, TiffType type, uint32_t count) {
    put16(table_, static_cast<uint16_t>(tag));
    put16(table_, static_cast<uint16_t>(type));
    put32(table_, count);
  }
  static void put16(Bytes& out, uint16_t value) {
    out.push_back(static_cast<std::byte>(value & 0xFF));
    out.push_back(static_cast<std::byte>(value >> 8));
  }
  static void put32(Bytes& out, uint32_t value) {
    put16(out, static_cast<uint16_t>(value));
    put16(out, static_cast<uint16_t>(value >> 16));
  }

  size_t table_bytes_;
  Bytes table_;
  Bytes values_;
};

// Directories that overlap can undo a patch while it is made.
bool keeps_promises(ByteSpan patched, const ExifPatch& patch) {
  const auto block = TiffBlock::open(patched);
  if (!block) return false;
  const auto orientation = block->integer(block->first(), ExifTag::kOrientation);
  if (patch.orientation && orientation && *orientation != static_cast<uint32_t>(*patch.orientation))
    return false;
  if (patch.drop_thumbnail && block->next(block->first())) return false;
  return !patch.drop_gps || !block->find(block->first(), ExifTag::kGpsIfd);
}

}  // namespace

Bytes patch_exif(ByteSpan exif, const ExifPatch& patch) {
  const auto block = TiffBlock::open(exif);
  if (!block || !block->first().is_complete) return {};
  ExifPatcher patcher(*block, exif);
  if (patch.orientation) patcher.set_orientation(*patch.orientation);
  if (patch.pixel_size.width > 0 && patch.pixel_size.height > 0) patcher.set_size(patch.pixel_size);
  Bytes out = std::move(patcher).drop(patch.drop_thumbnail, patch.drop_gps);
  return keeps_promises(out, patch) ? out : Bytes();
}

Bytes make_minimal_exif(const ExifSummary& summary, Size pixel_size) {
  if (summary.taken_at.size() < 19) return {};
  std::string date_time = summary.taken_at.substr(0, 19);
  date_time[4] = date_time[7] = ':';
  date_time[10] = ' ';
  const std::string_view rest = std::string_view(summary.taken_at).substr(19);
  const size_t offset_at = std::min(rest.find_first_of("+-"), rest.size());
  const std::string_view offset = rest.substr(offset_at);
  const std::string_view sub_second = rest.substr(0, offset_at);

  constexpr size_t kFirstAt = TiffBlock::kHeaderBytes;
  constexpr size_t kExifAt = kFirstAt + 2 + 2 * 12 + 4;
  Bytes out;
  for (const char c : std::string_view("II*\0\x08\0\0\0", kFirstAt))
    out.push_back(static_cast<std::byte>(c));
  DirectoryWriter first(2);
  first.integer(ExifTag::kOrientation, TiffType::kShort, 1);
  first.integer(ExifTag::kExifIfd, TiffType::kLong, kExifAt);
  first.finish(out);

  // Entries ascend by tag, as TIFF wants them.
  DirectoryWriter exif(static_cast<uint16_t>(4 + !offset.empty() + !sub_second.empty()));
  exif.text(ExifTag::kExifVersion, TiffType::kUndefined, "0232", kExifAt);
  exif.text(ExifTag::kDateTimeOriginal, TiffType::kAscii, date_time, kExifAt);
  if (!offset.empty()) exif.text(ExifTag::kOffsetTimeOriginal, TiffType::kAscii, offset, kExifAt);
  if (!sub_second.empty())
    exif.text(ExifTag::kSubSecTimeOriginal, TiffType::kAscii, sub_second.substr(1), kExifAt);
  exif.integer(ExifTag::kPixelXDimension, TiffType::kLong, static_cast<uint32_t>(pixel_size.width));
  exif.integer(ExifTag::kPixelYDimension, TiffType::kLong,
               static_cast<uint32_t>(pixel_size.height));
  exif.finish(out);
  return out;
}

}  // namespace imagemill
