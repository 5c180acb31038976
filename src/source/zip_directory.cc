// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "source/zip_directory.h"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/checked_math.h"
#include "source/utf8.h"

namespace imagemill {
namespace {

constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kEnd64Signature = 0x06064b50;
constexpr uint32_t kEnd64LocatorSignature = 0x07064b50;
constexpr uint32_t kRecordSignature = 0x02014b50;
constexpr size_t kEndBytes = 22;
constexpr size_t kEnd64Bytes = 56;
constexpr size_t kEnd64LocatorBytes = 20;
constexpr size_t kRecordBytes = 46;
constexpr size_t kMaxCommentBytes = 0xffff;
constexpr size_t kWindowBytes = 1 << 18;  // above the largest record (46 + 3 * 65,535)

constexpr uint16_t kUtf8Flag = 1 << 11;
constexpr uint16_t kExtraZip64 = 0x0001;
constexpr uint16_t kExtraTimestamp = 0x5455;
constexpr uint16_t kExtraUnicodePath = 0x7075;

// Little-endian fields at offsets that the caller has checked.
class Fields {
 public:
  explicit Fields(ByteSpan bytes) : bytes_(bytes) {}
  uint16_t u16(size_t at) const { return read_u16(as_u8(bytes_.subspan(at, 2)), false); }
  uint32_t u32(size_t at) const { return read_u32(as_u8(bytes_.subspan(at, 4)), false); }
  uint64_t u64(size_t at) const { return uint64_t{u32(at + 4)} << 32 | u32(at); }

 private:
  ByteSpan bytes_;
};

// Reads the file front to back through a window that does not grow.
class Window {
 public:
  Window(ReadableFile& file, uint64_t begin, uint64_t bytes)
      : file_(file), buffer_(std::min<uint64_t>(kWindowBytes, bytes)), at_(begin), left_(bytes) {}

  // The next `bytes` (at most kWindowBytes); valid until the next call.
  Result<ByteSpan> take(size_t bytes) {
    if (filled_ - taken_ < bytes) IMAGEMILL_TRY(refill());
    if (filled_ - taken_ < bytes)
      return fail(Code::kCorruptInput, "ZIP: the directory ends within a record");
    taken_ += bytes;
    return ByteSpan(buffer_).subspan(taken_ - bytes, bytes);
  }
  bool is_empty() const { return left_ == 0 && filled_ == taken_; }

 private:
  Result<> refill() {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(taken_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.begin());
    filled_ -= taken_;
    taken_ = 0;
    const size_t wanted = std::min<uint64_t>(left_, buffer_.size() - filled_);
    IMAGEMILL_ASSIGN_OR_RETURN(const size_t got,
                               file_.read_at(at_, std::span(buffer_).subspan(filled_, wanted)));
    if (got < wanted) return fail(Code::kCorruptInput, "ZIP: the file ends within the directory");
    filled_ += got;
    at_ += got;
    left_ -= got;
    return {};
  }

  ReadableFile& file_;
  Bytes buffer_;
  uint64_t at_;
  uint64_t left_;  // not yet in the buffer
  size_t filled_ = 0;
  size_t taken_ = 0;
};

Result<std::optional<Bytes>> read_if_signed(ReadableFile& file, uint64_t at, size_t count,
                                            uint32_t signature) {
  Bytes bytes(count);
  IMAGEMILL_ASSIGN_OR_RETURN(const size_t got, file.read_at(at, bytes));
  if (got < count || Fields(bytes).u32(0) != signature) return std::nullopt;
  return bytes;
}

// The last end record whose comment fits into the file; a few bytes of padding behind it are no
// harm.
std::optional<size_t> find_end_record(ByteSpan tail) {
  if (tail.size() < kEndBytes) return std::nullopt;
  for (size_t at = tail.size() - kEndBytes + 1; at-- > 0;) {
    const Fields fields(tail.subspan(at));
    if (fields.u32(0) == kEndSignature && fields.u16(20) <= tail.size() - at - kEndBytes) return at;
  }
  return std::nullopt;
}

struct EndRecord {
  ZipDirectoryEnd end;    // `begin` as claimed
  uint64_t position = 0;  // of the record itself
  bool is_split = false;
};

EndRecord decode_end(const Fields& fields, uint64_t position) {
  return {{.begin = fields.u32(16), .bytes = fields.u32(12), .records = fields.u16(10)},
          position,
          fields.u16(4) != 0 || fields.u16(6) != 0 || fields.u16(8) != fields.u16(10)};
}

// The 64-bit record replaces the plain one where a field of that is full.
Result<EndRecord> find_end64(ReadableFile& file, const EndRecord& plain) {
  const auto missing = [] {
    return fail(Code::kCorruptInput, "ZIP: the 64-bit end of the directory is missing");
  };
  if (plain.position < kEnd64LocatorBytes) return missing();
  const uint64_t locator_at = plain.position - kEnd64LocatorBytes;
  IMAGEMILL_ASSIGN_OR_RETURN(
      const auto locator,
      read_if_signed(file, locator_at, kEnd64LocatorBytes, kEnd64LocatorSignature));
  if (!locator) return missing();
  // Where the locator says, or (when something was put before the archive) right before it.
  std::vector<uint64_t> places = {Fields(*locator).u64(8)};
  if (locator_at >= kEnd64Bytes) places.push_back(locator_at - kEnd64Bytes);
  for (const uint64_t at : places) {
    if (at >= locator_at) continue;
    IMAGEMILL_ASSIGN_OR_RETURN(const auto bytes,
                               read_if_signed(file, at, kEnd64Bytes, kEnd64Signature));
    if (!bytes) continue;
    const Fields fields(*bytes);
    return EndRecord{
        {.begin = fields.u64(48), .bytes = fields.u64(40), .records = fields.u64(32)},
        at,
        fields.u32(16) != 0 || fields.u32(20) != 0 || fields.u64(24) != fields.u64(32)};
  }
  return missing();
}

// Calls visit(id, data) for each well-formed extra field.
template <typename Visit>
void for_each_extra(ByteSpan extra, Visit visit) {
  while (extra.size() >= 4) {
    const Fields fields(extra);
    const size_t bytes = fields.u16(2);
    if (bytes > extra.size() - 4) return;
    visit(fields.u16(0), extra.subspan(4, bytes));
    extra = extra.subspan(4 + bytes);
  }
}

// Replaces the fields that are full, in this order. False when a value is missing.
bool apply_zip64(ByteSpan data, ZipRecord& record, bool is_bytes_full, bool is_packed_full,
                 bool is_header_full) {
  const std::pair<bool, uint64_t*> wanted[] = {{is_bytes_full, &record.bytes},
                                               {is_packed_full, &record.packed_bytes},
                                               {is_header_full, &record.header_at}};
  for (const auto& [is_full, field] : wanted) {
    if (!is_full) continue;
    if (data.size() < 8) return false;
    *field = Fields(data).u64(0);
    data = data.subspan(8);
  }
  return true;
}

// MS-DOS date and time have no zone; UTC keeps the answer the same on every machine.
int64_t dos_time_ns(uint16_t date, uint16_t time) {
  using namespace std::chrono;
  const year_month_day day(year(1980 + (date >> 9)), month((date >> 5) & 15u),
                           std::chrono::day(date & 31u));
  if (!day.ok()) return 0;
  const sys_seconds at =
      sys_days(day) + hours(time >> 11) + minutes((time >> 5) & 63) + seconds((time & 31) * 2);
  return duration_cast<nanoseconds>(at.time_since_epoch()).count();
}

// What the name says: UTF-8 by flag or by looks (macOS forgets the flag), else code page 437.
std::string decode_name(std::string_view stored, uint16_t flags) {
  if ((flags & kUtf8Flag) != 0 || is_utf8(stored)) return std::string(stored);
  return cp437_to_utf8(stored);
}

Result<> decode_extras(ByteSpan extra, const Fields& fields, std::string_view stored_name,
                       ZipRecord& record) {
  const bool is_bytes_full = record.bytes == 0xffffffff;
  const bool is_packed_full = record.packed_bytes == 0xffffffff;
  const bool is_header_full = fields.u32(42) == 0xffffffff;
  bool has_zip64 = false;
  for_each_extra(extra, [&](uint16_t id, ByteSpan data) {
    if (id == kExtraZip64 && !has_zip64) {
      has_zip64 = apply_zip64(data, record, is_bytes_full, is_packed_full, is_header_full);
    } else if (id == kExtraTimestamp && data.size() >= 5 && (as_u8(data)[0] & 1) != 0) {
      record.mtime_ns = int64_t{static_cast<int32_t>(Fields(data).u32(1))} * 1'000'000'000;
    } else if (id == kExtraUnicodePath && data.size() > 5 &&
               Fields(data).u32(1) == libdeflate_crc32(0, stored_name.data(), stored_name.size())) {
      record.name = as_text(data.subspan(5));
    }
  });
  if ((is_bytes_full || is_packed_full || is_header_full) && !has_zip64)
    return fail(Code::kCorruptInput, "ZIP: a 64-bit size is missing");
  return {};
}

Result<ZipRecord> take_record(Window& window, uint64_t prefix) {
  IMAGEMILL_ASSIGN_OR_RETURN(const ByteSpan fixed, window.take(kRecordBytes));
  std::array<std::byte, kRecordBytes> head;  // the next take() moves what `fixed` points at
  std::ranges::copy(fixed, head.begin());
  const Fields fields(head);
  if (fields.u32(0) != kRecordSignature)
    return fail(Code::kCorruptInput, "ZIP: the directory has {:08x} where a record begins",
                fields.u32(0));
  const size_t name_bytes = fields.u16(28);
  const size_t extra_bytes = fields.u16(30);
  IMAGEMILL_ASSIGN_OR_RETURN(const ByteSpan tail,
                             window.take(name_bytes + extra_bytes + fields.u16(32)));
  if (fields.u16(34) != 0) return fail(Code::kUnsupported, "ZIP: one part of several");

  const std::string_view stored_name = as_text(tail.first(name_bytes));
  ZipRecord record{.name = decode_name(stored_name, fields.u16(8)),
                   .header_at = fields.u32(42),
                   .packed_bytes = fields.u32(20),
                   .bytes = fields.u32(24),
                   .mtime_ns = dos_time_ns(fields.u16(14), fields.u16(12)),
                   .crc = fields.u32(16),
                   .method = fields.u16(10),
                   .flags = fields.u16(8),
                   .name_bytes = fields.u16(28)};
  const uint16_t made_on = fields.u16(4) >> 8;
  constexpr uint16_t kUnix = 3, kDarwin = 19;
  if (made_on == kUnix || made_on == kDarwin)
    record.unix_mode = static_cast<uint16_t>(fields.u32(38) >> 16);
  IMAGEMILL_TRY(decode_extras(tail.subspan(name_bytes, extra_bytes), fields, stored_name, record));
  const auto header_at = checked_add(record.header_at, prefix);
  if (!header_at) return fail(Code::kCorruptInput, "ZIP: an offset of {}", record.header_at);
  record.header_at = *header_at;
  return record;
}

}  // namespace

Result<ZipDirectoryEnd> find_zip_directory(ReadableFile& file) {
  const uint64_t file_bytes = file.bytes();
  Bytes tail(std::min<uint64_t>(file_bytes, kEndBytes + kMaxCommentBytes));
  const uint64_t tail_at = file_bytes - tail.size();
  IMAGEMILL_ASSIGN_OR_RETURN(const size_t got, file.read_at(tail_at, tail));
  const auto found = find_end_record(ByteSpan(tail).first(got));
  if (!found)
    return fail(
        Code::kCorruptInput,
        "ZIP: no end of the directory in the last {} of {} bytes: the archive is cut off or "
        "no ZIP",
        tail.size(), file_bytes);

  EndRecord record = decode_end(Fields(ByteSpan(tail).subspan(*found)), tail_at + *found);
  if (record.end.records == 0xffff || record.end.bytes == 0xffffffff ||
      record.end.begin == 0xffffffff) {
    // A full field may also be the plain truth: exactly 65,535 members.
    auto record64 = find_end64(file, record);
    if (record64)
      record = *std::move(record64);
    else if (record.end.bytes == 0xffffffff || record.end.begin == 0xffffffff)
      return std::unexpected(std::move(record64).error());
  }
  if (record.is_split) return fail(Code::kUnsupported, "ZIP: one part of several");

  ZipDirectoryEnd& end = record.end;
  const auto claimed_end = checked_add(end.begin, end.bytes);
  if (!claimed_end || *claimed_end > record.position)
    return fail(
        Code::kCorruptInput,
        "ZIP: a directory of {} bytes at {}, but its end stands at {}: the archive is cut off",
        end.bytes, end.begin, record.position);
  if (end.bytes == 0) return end;
  IMAGEMILL_ASSIGN_OR_RETURN(const auto first_record,
                             read_if_signed(file, end.begin, kRecordBytes, kRecordSignature));
  if (!first_record) {
    end.prefix = record.position - *claimed_end;
    end.begin += end.prefix;
  }
  return end;
}

Result<> read_zip_directory(ReadableFile& file, const ZipDirectoryEnd& end, uint64_t max_records,
                            const std::function<Result<>(ZipRecord)>& visit) {
  const auto too_many = [&](uint64_t seen) {
    return fail(Code::kResourceExhausted, "ZIP: {} members, the limit is {}", seen, max_records);
  };
  if (end.records > max_records) return too_many(end.records);
  Window window(file, end.begin, end.bytes);
  uint64_t records = 0;
  while (!window.is_empty()) {
    if (++records > max_records) return too_many(records);
    IMAGEMILL_ASSIGN_OR_RETURN(ZipRecord record, take_record(window, end.prefix));
    IMAGEMILL_TRY(visit(std::move(record)));
  }
  if ((records & 0xffff) != (end.records & 0xffff))
    return fail(Code::kCorruptInput, "ZIP: {} members in the directory, expected {}", records,
                end.records);
  return {};
}

}  // namespace imagemill
