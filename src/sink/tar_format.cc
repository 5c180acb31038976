// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "sink/tar_format.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace imagemill {
namespace {

// Offsets in the header, POSIX.1-1988.
constexpr size_t kMode = 100, kUid = 108, kGid = 116, kSize = 124, kTime = 136, kChecksum = 148,
                 kType = 156, kMagic = 257;

void put_text(Bytes& header, size_t at, std::string_view text) {
  std::memcpy(header.data() + at, text.data(), text.size());
}

// The sum of all bytes, with the checksum's own field taken as spaces.
unsigned checksum(ByteSpan block) {
  unsigned sum = 0;
  for (size_t i = 0; i < kTarBlockBytes; ++i)
    sum += i >= kChecksum && i < kChecksum + 8 ? ' ' : std::to_integer<unsigned>(block[i]);
  return sum;
}

std::optional<uint64_t> parse_octal(std::string_view digits) {
  uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '7') return std::nullopt;
    value = value * 8 + static_cast<uint64_t>(c - '0');
  }
  return value;
}

}  // namespace

Bytes tar_header(const TarEntry& member) {
  IMAGEMILL_CHECK(member.name.size() <= kTarNameBytes && member.bytes <= kTarMaxFileBytes);
  Bytes header(kTarBlockBytes);
  put_text(header, 0, member.name);
  put_text(header, kMode, "0000644");
  put_text(header, kUid, "0000000");
  put_text(header, kGid, "0000000");
  put_text(header, kSize, fmt::format("{:011o}", member.bytes));
  put_text(header, kTime, "00000000000");
  put_text(header, kType, "0");
  put_text(header, kMagic, std::string_view("ustar\00000", 8));
  put_text(header, kChecksum, fmt::format("{:06o}", checksum(header)));
  put_text(header, kChecksum + 6, std::string_view("\0 ", 2));
  return header;
}

Result<std::optional<TarEntry>> parse_tar_header(ByteSpan block) {
  if (block.size() != kTarBlockBytes)
    return fail(Code::kCorruptInput, "tar: header of {} bytes", block.size());
  if (std::ranges::all_of(block, [](std::byte b) { return b == std::byte{0}; }))
    return std::nullopt;
  const std::string_view text = as_text(block);
  const auto size = parse_octal(text.substr(kSize, 11));
  const auto sum = parse_octal(text.substr(kChecksum, 6));
  if (!size || !sum || *sum != checksum(block) || text.substr(kMagic, 5) != "ustar")
    return fail(Code::kCorruptInput, "tar: not a header, expected one");
  const std::string_view name = text.substr(0, kTarNameBytes);
  return TarEntry{.name = std::string(name.substr(0, name.find('\0'))), .bytes = *size};
}

}  // namespace imagemill
