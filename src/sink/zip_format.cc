// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "sink/zip_format.h"

#include <algorithm>

namespace imagemill {
namespace {

constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr size_t kCentralHeaderBytes = 46;  // without name and extra field
constexpr size_t kEndRecordsBytes = 98;
constexpr uint32_t kCentralSignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kEnd64Signature = 0x06064b50;
constexpr uint32_t kEnd64LocatorSignature = 0x07064b50;

constexpr uint16_t kVersionPlain = 20;
constexpr uint16_t kVersion64 = 45;
constexpr uint16_t kMadeByUnix = 3 << 8;
constexpr uint16_t kFlagUtf8 = 1 << 11;
constexpr uint16_t kExtra64 = 0x0001;
constexpr uint32_t kRegularFile0644 = 0100644u << 16;
// 1 January 1980, 00:00, the first time of DOS: equal pictures give equal archives.
constexpr uint16_t kDosTime = 0;
constexpr uint16_t kDosDate = 1 << 5 | 1;
constexpr uint32_t kMax32 = 0xffffffff;
constexpr uint16_t kMax16 = 0xffff;

class Record {
 public:
  explicit Record(Bytes& out) : out_(out) {}
  Record& u16(uint64_t value) { return number(value, 2); }
  Record& u32(uint64_t value) { return number(value, 4); }
  Record& u64(uint64_t value) { return number(value, 8); }
  Record& text(std::string_view text) {
    const ByteSpan bytes = as_byte_span(text);
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return *this;
  }

 private:
  Record& number(uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out_.push_back(static_cast<std::byte>(value >> (8 * i) & 0xff));
    return *this;
  }
  Bytes& out_;
};

bool is_utf8_beyond_ascii(std::string_view text) {
  bool is_beyond_ascii = false;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80             ? 1
                          : lead >> 5 == 0b110    ? 2
                          : lead >> 4 == 0b1110   ? 3
                          : lead >> 3 == 0b1'1110 ? 4
                                                  : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (size_t j = 1; j < length; ++j)
      if ((static_cast<unsigned char>(text[i + j]) & 0xc0) != 0x80) return false;
    is_beyond_ascii |= length > 1;
    i += length;
  }
  return is_beyond_ascii;
}

// What the two kinds of header share, from "flags" to "extra field length".
void put_common(Record& record, const ZipEntry& entry, bool is_64, size_t extra_bytes) {
  record.u16(is_utf8_beyond_ascii(entry.name) ? kFlagUtf8 : 0)
      .u16(entry.method)
      .u16(kDosTime)
      .u16(kDosDate)
      .u32(entry.crc)
      .u32(is_64 ? kMax32 : entry.packed_bytes)
      .u32(is_64 ? kMax32 : entry.bytes)
      .u16(entry.name.size())
      .u16(extra_bytes);
}

bool has_64_sizes(const ZipEntry& entry) {
  return entry.packed_bytes >= kMax32 || entry.bytes >= kMax32;
}

}  // namespace

Bytes zip_local_header(const ZipEntry& entry) {
  const bool is_64 = has_64_sizes(entry);
  Bytes out;
  Record record(out);
  record.u32(kLocalSignature).u16(is_64 ? kVersion64 : kVersionPlain);
  put_common(record, entry, is_64, is_64 ? 20 : 0);
  record.text(entry.name);
  if (is_64) record.u16(kExtra64).u16(16).u64(entry.bytes).u64(entry.packed_bytes);
  return out;
}

Result<size_t> zip_local_header_size(ByteSpan fixed) {
  const uint8_t* p = as_u8(fixed);
  if (fixed.size() < kZipLocalHeaderBytes || read_u32(p, false) != kLocalSignature)
    return fail(Code::kCorruptInput, "ZIP: no local header, expected one");
  return kZipLocalHeaderBytes + read_u16(p + 26, false) + read_u16(p + 28, false);
}

Result<ZipEntry> parse_zip_local_header(ByteSpan header) {
  IMAGEMILL_ASSIGN_OR_RETURN(const size_t size, zip_local_header_size(header));
  if (header.size() != size)
    return fail(Code::kCorruptInput, "ZIP: local header of {} bytes, expected {}", header.size(),
                size);
  const uint8_t* p = as_u8(header);
  const size_t name_bytes = read_u16(p + 26, false);
  ZipEntry entry{.name = std::string(as_text(header.subspan(kZipLocalHeaderBytes, name_bytes))),
                 .method = read_u16(p + 8, false),
                 .crc = read_u32(p + 14, false),
                 .packed_bytes = read_u32(p + 18, false),
                 .bytes = read_u32(p + 22, false)};
  if (entry.packed_bytes != kMax32) return entry;
  const uint8_t* extra = p + kZipLocalHeaderBytes + name_bytes;
  if (size - kZipLocalHeaderBytes - name_bytes != 20 || read_u16(extra, false) != kExtra64)
    return fail(Code::kCorruptInput, "ZIP: {}: no ZIP64 sizes, expected them", entry.name);
  const auto read_u64 = [](const uint8_t* at) {
    return read_u32(at, false) | uint64_t{read_u32(at + 4, false)} << 32;
  };
  entry.bytes = read_u64(extra + 4);
  entry.packed_bytes = read_u64(extra + 12);
  return entry;
}

Bytes zip_central_directory(std::span<const ZipEntry> entries, uint64_t offset) {
  Bytes out;
  // All of it at once: growing by doubling would hold it three times.
  size_t names = 0;
  for (const ZipEntry& entry : entries) names += entry.name.size();
  out.reserve(names + entries.size() * kCentralHeaderBytes + kEndRecordsBytes);
  Record record(out);
  for (const ZipEntry& entry : entries) {
    const bool is_64 = has_64_sizes(entry);
    const bool is_far = entry.offset >= kMax32;
    const size_t extra = (is_64 ? 16u : 0u) + (is_far ? 8u : 0u);
    const uint16_t version = extra != 0 ? kVersion64 : kVersionPlain;
    record.u32(kCentralSignature).u16(kMadeByUnix | version).u16(version);
    put_common(record, entry, is_64, extra != 0 ? extra + 4 : 0);
    record
        .u16(0)  // comment
        .u16(0)  // disk
        .u16(0)  // internal attributes
        .u32(kRegularFile0644)
        .u32(is_far ? kMax32 : entry.offset)
        .text(entry.name);
    if (extra != 0) record.u16(kExtra64).u16(extra);
    if (is_64) record.u64(entry.bytes).u64(entry.packed_bytes);
    if (is_far) record.u64(entry.offset);
  }
  const uint64_t directory_bytes = out.size();
  if (entries.size() >= kMax16 || directory_bytes >= kMax32 || offset >= kMax32) {
    record.u32(kEnd64Signature)
        .u64(44)  // bytes of the rest of this record
        .u16(kMadeByUnix | kVersion64)
        .u16(kVersion64)
        .u32(0)
        .u32(0)
        .u64(entries.size())
        .u64(entries.size())
        .u64(directory_bytes)
        .u64(offset);
    record.u32(kEnd64LocatorSignature).u32(0).u64(offset + directory_bytes).u32(1);
  }
  const uint64_t count = std::min<uint64_t>(entries.size(), kMax16);
  record.u32(kEndSignature)
      .u16(0)
      .u16(0)
      .u16(count)
      .u16(count)
      .u32(std::min<uint64_t>(directory_bytes, kMax32))
      .u32(std::min<uint64_t>(offset, kMax32))
      .u16(0);
  return out;
}

}  // namespace imagemill
