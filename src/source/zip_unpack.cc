// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "source/zip_unpack.h"

#include <archive.h>
#include <libdeflate.h>

#include <algorithm>
#include <initializer_list>
#include <memory>

namespace imagemill {
namespace {

constexpr uint16_t kBzip2 = 12;
constexpr uint16_t kLzma = 14;
constexpr uint16_t kZstd = 93;
constexpr uint32_t kMaxLzmaDictionary = 256u << 20;

template <auto kFunction>
struct CallOnDelete {
  template <typename T>
  void operator()(T* pointer) const {
    kFunction(pointer);
  }
};

Result<> inflate(ByteSpan packed, std::span<std::byte> out) {
  // A decompressor is 10 kB of tables, all set anew by each call: one a thread.
  thread_local const std::unique_ptr<libdeflate_decompressor,
                                     CallOnDelete<&libdeflate_free_decompressor>>
      decompressor(libdeflate_alloc_decompressor());
  if (!decompressor) return fail(Code::kResourceExhausted, "deflate: out of memory");
  switch (libdeflate_deflate_decompress(decompressor.get(), packed.data(), packed.size(),
                                        out.data(), out.size(), nullptr)) {
    case LIBDEFLATE_SUCCESS:
      return {};
    case LIBDEFLATE_SHORT_OUTPUT:
      return fail(Code::kCorruptInput, "deflate: the data ends before the {} bytes claimed",
                  out.size());
    case LIBDEFLATE_INSUFFICIENT_SPACE:
      return fail(Code::kCorruptInput, "deflate: the data goes on after the {} bytes claimed",
                  out.size());
    default:
      return fail(Code::kCorruptInput, "deflate: {} bytes of broken data", packed.size());
  }
}

void append_le(Bytes& out, int bytes, uint64_t value) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i) & 0xff));
}

// libarchive unpacks members of archives only, so the member becomes an archive of its own: thus
// nothing is shared between threads, and the bytes come through our FileSystem like all others.
Bytes archive_of_one(const PackedMember& member, size_t unpacked_bytes) {
  constexpr uint16_t kEndMarkFlag = 2;  // of LZMA: the data ends with a mark
  Bytes archive;
  archive.reserve(member.bytes.size() + 128);
  const auto append_common = [&] {
    append_le(archive, 2, 63);  // version needed
    append_le(archive, 2, member.flags & kEndMarkFlag);
    append_le(archive, 2, member.method);
    append_le(archive, 4, 0);  // time
    append_le(archive, 4, member.crc);
    append_le(archive, 4, member.bytes.size());
    append_le(archive, 4, unpacked_bytes);
    append_le(archive, 2, 1);  // name
    append_le(archive, 2, 0);  // extra
  };
  append_le(archive, 4, 0x04034b50);
  append_common();
  archive.push_back(std::byte{'m'});
  archive.insert(archive.end(), member.bytes.begin(), member.bytes.end());
  const size_t directory_at = archive.size();
  append_le(archive, 4, 0x02014b50);
  append_le(archive, 2, 63);  // made by
  append_common();
  append_le(archive, 2, 0);  // comment
  append_le(archive, 2, 0);  // disk
  append_le(archive, 2, 0);  // attributes
  append_le(archive, 4, 0);
  append_le(archive, 4, 0);  // local header
  archive.push_back(std::byte{'m'});
  const size_t directory_bytes = archive.size() - directory_at;
  append_le(archive, 4, 0x06054b50);
  append_le(archive, 4, 0);
  append_le(archive, 2, 1);
  append_le(archive, 2, 1);
  append_le(archive, 4, directory_bytes);
  append_le(archive, 4, directory_at);
  append_le(archive, 2, 0);
  return archive;
}

Result<> unpack_with_libarchive(const PackedMember& member, std::span<std::byte> out) {
  if (member.bytes.size() > 0xfffffff0 || out.size() > 0xfffffff0)
    return fail(Code::kUnsupported, "method {}: members above 4 GiB", member.method);
  const Bytes bytes = archive_of_one(member, out.size());
  const std::unique_ptr<archive, CallOnDelete<&archive_read_free>> reader(archive_read_new());
  if (!reader) return fail(Code::kResourceExhausted, "libarchive: out of memory");
  const auto broken = [&](size_t filled) {
    const char* why = archive_error_string(reader.get());
    return fail(Code::kCorruptInput, "method {}: after {} of {} bytes: {}", member.method, filled,
                out.size(), why != nullptr ? why : "no reason given");
  };
  archive_entry* entry = nullptr;
  if (archive_read_support_format_zip_seekable(reader.get()) != ARCHIVE_OK ||
      archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK ||
      archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK)
    return broken(0);

  // One byte more than claimed, to see whether there is more.
  size_t filled = 0;
  std::byte beyond;
  while (true) {
    const bool is_full = filled == out.size();
    const la_ssize_t n =
        is_full ? archive_read_data(reader.get(), &beyond, 1)
                : archive_read_data(reader.get(), out.data() + filled, out.size() - filled);
    if (n < 0) return broken(filled);
    if (n == 0) break;
    if (is_full)
      return fail(Code::kCorruptInput, "method {}: the data goes on after the {} bytes claimed",
                  member.method, out.size());
    filled += static_cast<size_t>(n);
  }
  if (filled < out.size())
    return fail(Code::kCorruptInput, "method {}: the data ends at {} of the {} bytes claimed",
                member.method, filled, out.size());
  return {};
}

// LZMA allocates the dictionary that its header asks for before it sees any data.
Result<> check_lzma_dictionary(ByteSpan packed) {
  constexpr size_t kHeaderBytes =
      9;  // version, property size, properties (1 + 4 for the dictionary)
  if (packed.size() < kHeaderBytes) return fail(Code::kCorruptInput, "LZMA: no header");
  const uint32_t dictionary = read_u32(as_u8(packed) + 5, false);
  if (dictionary > kMaxLzmaDictionary)
    return fail(Code::kResourceExhausted, "LZMA: a dictionary of {} bytes, the limit is {}",
                dictionary, kMaxLzmaDictionary);
  return {};
}

}  // namespace

bool can_unpack_zip_method(uint16_t method) {
  switch (method) {
    case kZipStored:
    case kZipDeflated:
    case kBzip2:
    case kLzma:
    case kZstd:
      return true;
    default:
      return false;
  }
}

Result<> unpack_zip_member(const PackedMember& member, std::span<std::byte> out) {
  if (member.method == kZipDeflated) return inflate(member.bytes, out);
  if (!can_unpack_zip_method(member.method) || member.method == kZipStored)
    return fail(Code::kUnsupported, "compression method {}", member.method);
  if (member.method == kLzma) IMAGEMILL_TRY(check_lzma_dictionary(member.bytes));
  return unpack_with_libarchive(member, out);
}

uint32_t zip_crc(ByteSpan bytes) { return libdeflate_crc32(0, bytes.data(), bytes.size()); }

}  // namespace imagemill
