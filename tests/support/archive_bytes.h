// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Archives made byte by byte, so that a test can also make those that no archiver would.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <libdeflate.h>

#include <array>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imagemill {

inline void append_le(std::string& out, int bytes, uint64_t value) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

inline std::string deflated(std::string_view text) {
  const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor(
      libdeflate_alloc_compressor(6), libdeflate_free_compressor);
  std::string out(libdeflate_deflate_compress_bound(compressor.get(), text.size()), '\0');
  out.resize(libdeflate_deflate_compress(compressor.get(), text.data(), text.size(), out.data(),
                                         out.size()));
  return out;
}

// Every field can be made a lie.
struct ZipFile {
  std::string name;
  std::string content;
  bool is_deflated = false;
  uint16_t method = 0xffff;  // 0xffff: 0 or 8, by is_deflated
  uint16_t flags = 1 << 11;  // UTF-8
  uint16_t made_on = 3;      // Unix
  uint32_t unix_mode = 0100644;
  std::optional<uint64_t> claimed_bytes = {};
  std::optional<uint32_t> claimed_crc = {};
  std::optional<uint64_t> claimed_header_at = {};
  std::string packed = {};  // "": made from the content
  std::string extra = {};   // of the directory's record
  std::string local_extra = {};
  bool is_zip64 = false;
};

class ZipBytes {
 public:
  ZipBytes& add(const ZipFile& file) {
    const std::string packed = !file.packed.empty() ? file.packed
                               : file.is_deflated   ? deflated(file.content)
                                                    : file.content;
    const uint16_t method = file.method != 0xffff ? file.method : file.is_deflated ? 8 : 0;
    const uint32_t crc =
        file.claimed_crc.value_or(libdeflate_crc32(0, file.content.data(), file.content.size()));
    const uint64_t bytes = file.claimed_bytes.value_or(file.content.size());
    const uint64_t header_at = file.claimed_header_at.value_or(body_.size());
    const auto append_common = [&](std::string& out, bool is_full, size_t extra_bytes) {
      append_le(out, 2, 45);
      append_le(out, 2, file.flags);
      append_le(out, 2, method);
      append_le(out, 4, 0x5a210000);  // 2025-01-01 00:00
      append_le(out, 4, crc);
      append_le(out, 4, is_full ? 0xffffffff : packed.size());
      append_le(out, 4, is_full ? 0xffffffff : bytes);
      append_le(out, 2, file.name.size());
      append_le(out, 2, extra_bytes);
    };
    append_le(body_, 4, 0x04034b50);
    append_common(body_, false, file.local_extra.size());
    body_ += file.name + file.local_extra + packed;

    std::string extra = file.extra;
    if (file.is_zip64) {
      append_le(extra, 2, 1);
      append_le(extra, 2, 24);
      append_le(extra, 8, bytes);
      append_le(extra, 8, packed.size());
      append_le(extra, 8, header_at);
    }
    append_le(directory_, 4, 0x02014b50);
    append_le(directory_, 2, file.made_on << 8 | 45);
    append_common(directory_, file.is_zip64, extra.size());
    append_le(directory_, 2, 0);  // comment
    append_le(directory_, 2, 0);  // disk
    append_le(directory_, 2, 0);
    append_le(directory_, 4, uint64_t{file.unix_mode} << 16);
    append_le(directory_, 4, file.is_zip64 ? 0xffffffff : header_at);
    directory_ += file.name + extra;
    ++count_;
    return *this;
  }
  ZipBytes& add(std::string_view name, std::string_view content) {
    return add({.name = std::string(name), .content = std::string(content)});
  }

  // Of the local header that the next add() writes.
  uint64_t position() const { return body_.size(); }

  std::string finish(bool is_zip64 = false, std::optional<uint64_t> claimed_count = {}) const {
    const uint64_t count = claimed_count.value_or(count_);
    std::string out = body_ + directory_;
    if (is_zip64) {
      const uint64_t end64_at = out.size();
      append_le(out, 4, 0x06064b50);
      append_le(out, 8, 44);
      append_le(out, 4, 45 << 16 | 45);
      append_le(out, 8, 0);
      append_le(out, 8, count);
      append_le(out, 8, count);
      append_le(out, 8, directory_.size());
      append_le(out, 8, body_.size());
      append_le(out, 4, 0x07064b50);
      append_le(out, 4, 0);
      append_le(out, 8, end64_at);
      append_le(out, 4, 1);
    }
    append_le(out, 4, 0x06054b50);
    append_le(out, 4, 0);
    append_le(out, 2, is_zip64 ? 0xffff : count & 0xffff);
    append_le(out, 2, is_zip64 ? 0xffff : count & 0xffff);
    append_le(out, 4, is_zip64 ? 0xffffffff : directory_.size());
    append_le(out, 4, is_zip64 ? 0xffffffff : body_.size());
    append_le(out, 2, 0);
    return out;
  }

 private:
  std::string body_;
  std::string directory_;
  uint64_t count_ = 0;
};

struct TarFile {
  std::string name;
  std::string content;
  char type = '0';
  std::string link_name = {};
  std::string size_field = {};  // "": the octal size of the content
};

class TarBytes {
 public:
  TarBytes& add(const TarFile& file) {
    std::string header(512, '\0');
    header.replace(0, std::min<size_t>(file.name.size(), 100), file.name, 0, 100);
    header.replace(100, 7, "0000644");
    header.replace(108, 7, "0000000");
    header.replace(116, 7, "0000000");
    header.replace(124, 11, octal(file.content.size(), 11));
    if (!file.size_field.empty()) header.replace(124, file.size_field.size(), file.size_field);
    header.replace(136, 11, octal(1'700'000'000, 11));
    header.replace(148, 8, "        ");
    header[156] = file.type;
    header.replace(157, file.link_name.size(), file.link_name);
    header.replace(257, 8, std::string_view("ustar\00000", 8));
    const unsigned sum = std::accumulate(header.begin(), header.end(), 0u, [](unsigned a, char c) {
      return a + static_cast<unsigned char>(c);
    });
    header.replace(148, 8, octal(sum, 6) + std::string("\0 ", 2));
    bytes_ += header;
    add_padded(file.content);
    return *this;
  }
  TarBytes& add(std::string_view name, std::string_view content) {
    return add({.name = std::string(name), .content = std::string(content)});
  }
  // A pax header for the member that follows.
  TarBytes& add_pax(std::string_view key, std::string_view value) {
    const std::string record = " " + std::string(key) + "=" + std::string(value) + "\n";
    size_t length = record.size() + 1;
    while (std::to_string(length).size() + record.size() != length) ++length;
    return add({.name = "pax", .content = std::to_string(length) + record, .type = 'x'});
  }
  TarBytes& add_gnu_name(std::string_view name) {
    return add({.name = "././@LongLink", .content = std::string(name) + '\0', .type = 'L'});
  }
  TarBytes& add_raw(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }

  std::string unfinished() const { return bytes_; }
  std::string finish() const { return bytes_ + std::string(1024, '\0'); }

 private:
  static std::string octal(uint64_t value, size_t digits) {
    std::string out(digits, '0');
    for (size_t i = digits; i-- > 0; value /= 8) out[i] = static_cast<char>('0' + value % 8);
    return out;
  }
  void add_padded(std::string_view content) {
    bytes_ += content;
    bytes_.append((512 - content.size() % 512) % 512, '\0');
  }

  std::string bytes_;
};

// As "name.gz" holds it; `filter` is one of libarchive's: gzip, zstd, xz, bzip2, lzma.
inline std::string compressed(std::string_view text, const char* filter) {
  archive* writer = archive_write_new();
  archive_write_add_filter_by_name(writer, filter);
  archive_write_set_format_raw(writer);
  archive_write_set_bytes_per_block(writer, 0);
  std::string out(text.size() + (1 << 16), '\0');
  size_t used = 0;
  archive_write_open_memory(writer, out.data(), out.size(), &used);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(writer, entry);
  archive_write_data(writer, text.data(), text.size());
  archive_entry_free(entry);
  archive_write_close(writer);
  archive_write_free(writer);
  out.resize(used);
  return out;
}

}  // namespace imagemill
