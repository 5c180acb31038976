// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Members are read with pread at their offsets and inflated in one go by whichever thread asks;
// nothing is shared between reads but the open file and a table. Every size is checked against the
// others and against the file when listing, so that read() allocates only what the packed bytes can
// fill.
#include <sys/stat.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/checked_math.h"
#include "source/entry_key.h"
#include "source/glob.h"
#include "source/kinds.h"
#include "source/member_name.h"
#include "source/zip_directory.h"
#include "source/zip_unpack.h"

namespace imagemill {
namespace {

constexpr uint32_t kLocalHeaderSignature = 0x04034b50;
constexpr uint64_t kMaxDeflateRatio = 1032;
constexpr uint16_t kEncryptedFlags = 1 << 0 | 1 << 6 | 1 << 13;
constexpr uint16_t kPatchFlag = 1 << 5;
constexpr uint64_t kRecordsPerCancelCheck = 1024;

// What read() needs beside the entry.
struct ZipMember {
  uint64_t header_at = 0;
  uint64_t packed_bytes = 0;
  uint64_t room_end = 0;  // where the next member or the directory begins
  uint32_t crc = 0;
  uint16_t method = 0;
  uint16_t flags = 0;
  uint16_t name_bytes = 0;
};

// The least that a member takes in the file; the local header may be longer by its extra fields.
struct Extent {
  uint64_t begin = 0;
  uint64_t end = 0;
};

Result<Extent> extent_of(const ZipRecord& record) {
  const auto head_end = checked_add(record.header_at, kZipLocalHeaderBytes + record.name_bytes);
  const auto end = head_end ? checked_add(*head_end, record.packed_bytes) : std::nullopt;
  if (!end)
    return fail(Code::kCorruptInput, "ZIP: a member of {} bytes at {}", record.packed_bytes,
                record.header_at);
  return Extent{record.header_at, *end};
}

// Sorts them. Members that share bytes are how a few kilobytes become petabytes; no honest writer
// makes them.
Result<> check_apart(std::vector<Extent>& extents, uint64_t directory_begin) {
  std::ranges::sort(extents, {}, &Extent::begin);
  for (size_t i = 0; i < extents.size(); ++i) {
    const bool is_last = i + 1 == extents.size();
    const uint64_t room_end = is_last ? directory_begin : extents[i + 1].begin;
    if (extents[i].end > room_end)
      return fail(Code::kCorruptInput, "ZIP: the member at {} reaches to {}, into {} at {}",
                  extents[i].begin, extents[i].end, is_last ? "the directory" : "another member",
                  room_end);
  }
  return {};
}

Result<> check_kind(const ZipRecord& record) {
  const auto kind = record.unix_mode & S_IFMT;
  if (kind == S_IFLNK) return fail(Code::kUnsupported, "a symbolic link");
  if (kind != 0 && kind != S_IFREG) return fail(Code::kUnsupported, "a device, pipe or socket");
  if ((record.flags & kEncryptedFlags) != 0) return fail(Code::kUnsupported, "encrypted");
  if ((record.flags & kPatchFlag) != 0) return fail(Code::kUnsupported, "a patch, not a file");
  if (!can_unpack_zip_method(record.method))
    return fail(Code::kUnsupported, "compression method {}", record.method);
  return {};
}

Result<> check_sizes(const ZipRecord& record, const SourceLimits& limits) {
  const bool is_possible = record.method == kZipStored ? record.bytes == record.packed_bytes
                           : record.method == kZipDeflated
                               ? record.bytes / kMaxDeflateRatio <= record.packed_bytes
                               : true;
  if (!is_possible)
    return fail(Code::kCorruptInput, "{} bytes claimed, {} packed by method {} cannot be that",
                record.bytes, record.packed_bytes, record.method);
  const uint64_t ratio = record.bytes / std::max<uint64_t>(record.packed_bytes, 1);
  if (record.bytes > limits.max_ratio_floor && ratio > limits.max_ratio)
    return fail(Code::kResourceExhausted,
                "{} bytes packed into {}: a ratio of {}, the limit is {} above {} bytes",
                record.bytes, record.packed_bytes, ratio, limits.max_ratio, limits.max_ratio_floor);
  return {};
}

class ZipSource final : public Source {
 public:
  ZipSource(SourcePlace place, std::unique_ptr<ReadableFile> file)
      : place_(std::move(place)), prefix_(place_.name, '!'), file_(std::move(file)) {}

  const std::string& name() const override { return place_.name; }

  Result<Listing> list(const CancelToken& cancel) override {
    auto listing = list_members(cancel);
    if (!listing) return std::unexpected(std::move(listing).error().with_context(place_.location));
    return listing;
  }

  Result<Bytes> read(const SourceEntry& entry) override {
    auto bytes = read_member(entry);
    if (!bytes) return std::unexpected(std::move(bytes).error().with_context(entry.key));
    return bytes;
  }

 private:
  Result<Listing> list_members(const CancelToken& cancel) {
    const EntryFilter filter(place_.options.include, place_.options.exclude);
    const SourceLimits& limits = place_.options.limits;
    Listing listing;
    std::vector<Extent> extents;
    uint64_t total_bytes = 0;
    IMAGEMILL_ASSIGN_OR_RETURN(const ZipDirectoryEnd end, find_zip_directory(*file_));
    IMAGEMILL_TRY(
        read_zip_directory(*file_, end, limits.max_entries, [&](ZipRecord record) -> Result<> {
          if (extents.size() % kRecordsPerCancelCheck == 0 && cancel.is_requested())
            return fail(Code::kCancelled, "listing cancelled");
          IMAGEMILL_ASSIGN_OR_RETURN(const Extent extent, extent_of(record));
          extents.push_back(extent);
          const auto total = checked_add(total_bytes, record.bytes);
          if (!total || *total > limits.max_archive_bytes)
            return fail(Code::kResourceExhausted, "ZIP: its members unpack to more than {} bytes",
                        limits.max_archive_bytes);
          total_bytes = *total;
          add_record(listing, filter, record);
          return {};
        }));
    IMAGEMILL_TRY(check_apart(extents, end.begin));
    for (ZipMember& member : members_) {
      const auto next = std::ranges::upper_bound(extents, member.header_at, {}, &Extent::begin);
      member.room_end = next == extents.end() ? end.begin : next->begin;
    }
    refuse_duplicate_keys(listing);
    sort_by_key(listing);
    return listing;
  }

  void add_record(Listing& listing, const EntryFilter& filter, const ZipRecord& record) {
    const auto refuse = [&](Status status) {
      listing.failures.push_back({prefix_.key_of(record.name), std::move(status)});
    };
    // Folders are not entries, and nobody will create them: their names do no harm.
    if (record.name.ends_with('/') || (record.unix_mode & S_IFMT) == S_IFDIR) return;
    auto name = safe_member_name(record.name);
    if (!name) return refuse(std::move(name).error());
    if (is_hidden_member(*name)) return;
    SourceEntry entry = prefix_.entry_of(*name);
    if (!filter.keeps_everything() && !filter.keeps(entry.path())) return;
    auto checked = check_kind(record);
    if (checked) checked = check_sizes(record, place_.options.limits);
    if (!checked)
      return refuse(
          std::move(checked).error().with_context(fmt::format("member \"{}\"", escape_key(*name))));

    entry.bytes = record.bytes;
    entry.mtime_ns = record.mtime_ns;
    entry.locator = members_.size();
    listing.entries.push_back(std::move(entry));
    members_.push_back({.header_at = record.header_at,
                        .packed_bytes = record.packed_bytes,
                        .crc = record.crc,
                        .method = record.method,
                        .flags = record.flags,
                        .name_bytes = record.name_bytes});
  }

  // Where the packed bytes of a member begin. The local header repeats the record; where the two
  // differ, somebody wants different programs to see different files.
  Result<uint64_t> find_data(const ZipMember& member) {
    std::byte header[kZipLocalHeaderBytes];
    IMAGEMILL_ASSIGN_OR_RETURN(const size_t got, file_->read_at(member.header_at, header));
    const uint8_t* fields = as_u8(header);
    if (got < sizeof header || read_u32(fields, false) != kLocalHeaderSignature)
      return fail(Code::kCorruptInput, "ZIP: no member at {}", member.header_at);
    const uint16_t method = read_u16(fields + 8, false);
    const uint16_t name_bytes = read_u16(fields + 26, false);
    if (method != member.method || name_bytes != member.name_bytes)
      return fail(Code::kCorruptInput, "ZIP: the header at {} and the directory disagree",
                  member.header_at);
    const uint64_t data_at =
        member.header_at + kZipLocalHeaderBytes + name_bytes + read_u16(fields + 28, false);
    if (data_at + member.packed_bytes > member.room_end)
      return fail(Code::kCorruptInput, "ZIP: the member at {} reaches into what follows at {}",
                  member.header_at, member.room_end);
    return data_at;
  }

  Result<> read_exactly(uint64_t at, std::span<std::byte> out) {
    IMAGEMILL_ASSIGN_OR_RETURN(const size_t got, file_->read_at(at, out));
    if (got < out.size())
      return fail(Code::kCorruptInput, "ZIP: the file ends at {}, expected {} bytes from {}",
                  at + got, out.size(), at);
    return {};
  }

  Result<Bytes> read_member(const SourceEntry& entry) {
    const ZipMember& member = members_[entry.locator];
    const uint64_t limit = place_.options.limits.max_file_bytes;
    if (entry.bytes > limit)
      return fail(Code::kResourceExhausted, "{} bytes, the limit is {}", entry.bytes, limit);
    IMAGEMILL_ASSIGN_OR_RETURN(const uint64_t data_at, find_data(member));
    Bytes bytes(entry.bytes);
    if (member.method == kZipStored) {
      IMAGEMILL_TRY(read_exactly(data_at, bytes));
    } else {
      const auto buffer = std::make_unique_for_overwrite<std::byte[]>(member.packed_bytes);
      const std::span<std::byte> packed(buffer.get(), member.packed_bytes);
      IMAGEMILL_TRY(read_exactly(data_at, packed));
      IMAGEMILL_TRY(unpack_zip_member(
          {.method = member.method, .flags = member.flags, .crc = member.crc, .bytes = packed},
          bytes));
    }
    if (const uint32_t crc = zip_crc(bytes); crc != member.crc)
      return fail(Code::kCorruptInput, "ZIP: the bytes have CRC {:08x}, expected {:08x}", crc,
                  member.crc);
    return bytes;
  }

  SourcePlace place_;
  KeyPrefix prefix_;
  std::unique_ptr<ReadableFile> file_;
  std::vector<ZipMember> members_;  // by locator; fixed once listed
};

}  // namespace

Result<std::unique_ptr<Source>> open_zip(SourcePlace place) {
  IMAGEMILL_ASSIGN_OR_RETURN(auto file, place.fs->open(place.location));
  return std::make_unique<ZipSource>(std::move(place), std::move(file));
}

}  // namespace imagemill
