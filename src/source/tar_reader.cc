// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "source/tar_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/checked_math.h"

namespace imagemill {
namespace {

constexpr uint64_t kMaxExtensionBytes = 1 << 20;  // a long name or a pax header

struct Field {
  size_t at;
  size_t bytes;
};
constexpr Field kName = {0, 100};
constexpr Field kSize = {124, 12};
constexpr Field kTime = {136, 12};
constexpr Field kChecksum = {148, 8};
constexpr size_t kType = 156;
constexpr Field kMagic = {257, 8};
constexpr Field kPrefix = {345, 155};
constexpr size_t kGnuIsExtended = 482;      // of a sparse header
constexpr size_t kGnuIsExtendedMore = 504;  // of the blocks that follow it

std::string_view field_text(ByteSpan header, Field field) {
  return as_text(header.subspan(field.at, field.bytes));
}

std::string_view until_nul(std::string_view text) { return text.substr(0, text.find('\0')); }

// Octal text between blanks and NULs, or (GNU) a big-endian number behind a set high bit.
std::optional<uint64_t> parse_number(std::string_view text) {
  const auto first = static_cast<uint8_t>(text[0]);
  uint64_t value = 0;
  if ((first & 0x80) != 0) {
    if (first != 0x80) return std::nullopt;  // negative, or far beyond 64 bits
    for (const char c : text.substr(1)) {
      if (value >> 56 != 0) return std::nullopt;
      value = value << 8 | static_cast<uint8_t>(c);
    }
    return value;
  }
  text = until_nul(text);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  text = text.substr(0, text.find(' '));
  if (text.empty()) return 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

uint64_t padding_behind(uint64_t bytes) {
  return (kTarBlockBytes - bytes % kTarBlockBytes) % kTarBlockBytes;
}

bool is_empty_block(ByteSpan block) {
  return std::ranges::all_of(block, [](std::byte b) { return b == std::byte{0}; });
}

// The sum of the header's bytes with blanks in place of the checksum. Some old programs added them
// as signed.
bool has_checksum(ByteSpan header) {
  const auto claimed = parse_number(field_text(header, kChecksum));
  if (!claimed) return false;
  int64_t as_unsigned = 0;
  int64_t as_signed = 0;
  for (size_t i = 0; i < kTarBlockBytes; ++i) {
    const bool is_checksum = i >= kChecksum.at && i < kChecksum.at + kChecksum.bytes;
    const uint8_t byte = is_checksum ? ' ' : static_cast<uint8_t>(header[i]);
    as_unsigned += byte;
    as_signed += static_cast<int8_t>(byte);
  }
  const auto sum = static_cast<int64_t>(*claimed);
  return sum == as_unsigned || sum == as_signed;
}

std::string header_name(ByteSpan header) {
  const std::string_view name = until_nul(field_text(header, kName));
  // GNU uses the place of the prefix for other things; its magic has blanks where ustar has NUL.
  const bool is_ustar = field_text(header, kMagic).starts_with(std::string_view("ustar\0", 6));
  const std::string_view prefix = is_ustar ? until_nul(field_text(header, kPrefix)) : "";
  return prefix.empty() ? std::string(name) : fmt::format("{}/{}", prefix, name);
}

TarMember::Kind kind_of(char type, std::string_view name) {
  using Kind = TarMember::Kind;
  switch (type) {
    case '0':
    case '7':
    case '\0':
      // The oldest format has no type for folders.
      return name.ends_with('/') ? Kind::kFolder : Kind::kFile;
    case '1':
    case '2':
      return Kind::kLink;
    case '3':
    case '4':
    case '6':
      return Kind::kSpecial;
    case '5':
    case 'D':  // GNU: a folder with the list of its files as body
    case 'V':  // GNU: the label of the volume
      return Kind::kFolder;
    case 'S':
      return Kind::kSparse;
    default:
      return Kind::kUnknown;
  }
}

// Links, devices and folders give a size and have no body.
bool has_body(char type) {
  return std::string_view("123456V").find(type) == std::string_view::npos;
}

std::optional<int64_t> parse_pax_time(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr double kMaxSeconds = 9e9;  // int64 nanoseconds
  if (error != std::errc() || !(seconds > -kMaxSeconds && seconds < kMaxSeconds))
    return std::nullopt;
  return static_cast<int64_t>(seconds * 1e9);
}

}  // namespace

// What headers of type x, L and the like say about the member that follows.
struct TarReader::Extension {
  std::optional<std::string> name;
  std::optional<uint64_t> bytes;
  std::optional<int64_t> mtime_ns;
  bool is_sparse = false;
  bool is_pax = false;
};

Result<bool> TarReader::read_block(std::span<std::byte> block) {
  IMAGEMILL_ASSIGN_OR_RETURN(const size_t got, stream_->read(block));
  at_ += got;
  if (got != 0 && got < block.size())
    return fail(Code::kCorruptInput, "tar: ends at {} within a header", at_);
  return got != 0;
}

Result<> TarReader::skip_body() {
  IMAGEMILL_ASSIGN_OR_RETURN(const uint64_t body, stream_->skip(body_left_, cancel_));
  at_ += body;
  body_left_ -= body;
  if (body_left_ > 0)
    return fail(Code::kCorruptInput, "tar: ends at {}, {} bytes before its last member does", at_,
                body_left_);
  // Archives that end right behind the last body, without padding, are taken as they are.
  IMAGEMILL_ASSIGN_OR_RETURN(const uint64_t padding, stream_->skip(padding_left_, cancel_));
  at_ += padding;
  padding_left_ = 0;
  return {};
}

Result<Bytes> TarReader::read_body(uint64_t bytes) {
  Bytes out(bytes);
  IMAGEMILL_ASSIGN_OR_RETURN(const size_t got, stream_->read(out));
  at_ += got;
  body_left_ -= got;
  if (got < bytes)
    return fail(Code::kCorruptInput, "tar: ends at {}, expected {} bytes more", at_, bytes - got);
  return out;
}

Result<std::string> TarReader::read_extension_text(uint64_t bytes) {
  if (bytes > kMaxExtensionBytes)
    return fail(Code::kCorruptInput, "tar: a name or header of {} bytes at {}, the limit is {}",
                bytes, at_, kMaxExtensionBytes);
  std::string text(bytes, '\0');
  IMAGEMILL_ASSIGN_OR_RETURN(const size_t got,
                             stream_->read(std::as_writable_bytes(std::span(text))));
  at_ += got;
  if (got < bytes) return fail(Code::kCorruptInput, "tar: ends at {} within a header", at_);
  padding_left_ = padding_behind(bytes);
  IMAGEMILL_TRY(skip_body());
  return text;
}

// Records are "<length> <key>=<value>\n", the length counting all of it.
Result<> TarReader::apply_pax(std::string_view records, Extension& extension) const {
  while (!records.empty()) {
    size_t length = 0;
    const char* const text_end = records.data() + records.size();
    const auto [digits_end, error] = std::from_chars(records.data(), text_end, length);
    const auto digits = static_cast<size_t>(digits_end - records.data());
    if (error != std::errc() || length > records.size() || length < digits + 2 ||
        *digits_end != ' ' || records[length - 1] != '\n')
      return fail(Code::kCorruptInput, "tar: a broken pax header before {}", at_);
    const std::string_view record = records.substr(digits + 1, length - digits - 2);
    records.remove_prefix(length);
    const size_t equals = std::min(record.find('='), record.size());
    const std::string_view key = record.substr(0, equals);
    const std::string_view value = record.substr(std::min(equals + 1, record.size()));
    if (key == "path") {
      extension.name = value;
    } else if (key == "size") {
      uint64_t bytes = 0;
      const char* const end = value.data() + value.size();
      if (const auto parsed = std::from_chars(value.data(), end, bytes);
          parsed.ec != std::errc() || parsed.ptr != end)
        return fail(Code::kCorruptInput, "tar: a pax size that is no number before {}", at_);
      extension.bytes = bytes;
    } else if (key == "mtime") {
      extension.mtime_ns = parse_pax_time(value);
    } else if (key.starts_with("GNU.sparse.")) {
      extension.is_sparse = true;
    }
  }
  return {};
}

// False when a header of this type is a member itself.
Result<bool> TarReader::read_extension(char type, uint64_t bytes, Extension& extension) {
  switch (type) {
    case 'x':
    case 'X': {  // Solaris' name for it
      IMAGEMILL_ASSIGN_OR_RETURN(const std::string records, read_extension_text(bytes));
      extension.is_pax = true;
      IMAGEMILL_TRY(apply_pax(records, extension));
      return true;
    }
    case 'L': {
      IMAGEMILL_ASSIGN_OR_RETURN(const std::string name, read_extension_text(bytes));
      extension.name = until_nul(name);
      return true;
    }
    case 'g':  // for all that follow: nothing in it concerns us
    case 'K':  // the long target of a link
    {
      IMAGEMILL_TRY(read_extension_text(bytes));
      return true;
    }
    default:
      return false;
  }
}

Result<TarMember> TarReader::finish_member(ByteSpan header, uint64_t bytes,
                                           const Extension& extension) {
  const char type = static_cast<char>(header[kType]);
  TarMember member;
  member.name = extension.name ? *extension.name : header_name(header);
  member.kind = extension.is_sparse ? TarMember::Kind::kSparse : kind_of(type, member.name);
  member.mtime_ns = extension.mtime_ns.value_or(static_cast<int64_t>(
      std::min<uint64_t>(parse_number(field_text(header, kTime)).value_or(0), 9'000'000'000) *
      1'000'000'000));
  if (type == 'S') {
    auto is_extended = header[kGnuIsExtended];
    std::array<std::byte, kTarBlockBytes> more;
    while (is_extended != std::byte{0}) {
      IMAGEMILL_ASSIGN_OR_RETURN(const bool is_there, read_block(more));
      if (!is_there) return fail(Code::kCorruptInput, "tar: ends at {} within a header", at_);
      is_extended = more[kGnuIsExtendedMore];
    }
  }
  // pax allows a hard link to repeat the body; before pax, its size was only told.
  const bool is_pax_link = type == '1' && extension.is_pax;
  member.bytes = has_body(type) || is_pax_link ? bytes : 0;
  member.data_at = at_;
  if (!checked_add(checked_add(member.bytes, at_).value_or(UINT64_MAX), uint64_t{kTarBlockBytes}))
    return fail(Code::kCorruptInput, "tar: a member of {} bytes at {}", member.bytes, at_);
  body_left_ = member.bytes;
  padding_left_ = padding_behind(member.bytes);
  return member;
}

Result<std::optional<TarMember>> TarReader::next() {
  IMAGEMILL_TRY(skip_body());
  Extension extension;
  std::array<std::byte, kTarBlockBytes> header;
  int empty_blocks = 0;
  while (true) {
    if (cancel_ != nullptr && cancel_->is_requested()) return fail(Code::kCancelled, "cancelled");
    const uint64_t header_at = at_;
    IMAGEMILL_ASSIGN_OR_RETURN(const bool is_there, read_block(header));
    if (!is_there && header_at == 0) return fail(Code::kCorruptInput, "tar: empty");
    if (!is_there) return std::nullopt;
    // Two empty blocks are the end; one alone is a scar that every program reads over.
    if (is_empty_block(header)) {
      if (++empty_blocks == 2) return std::nullopt;
      continue;
    }
    empty_blocks = 0;
    if (!has_checksum(header))
      return fail(Code::kCorruptInput, "tar: no header at {} where one is expected", header_at);
    const auto claimed = parse_number(field_text(header, kSize));
    if (!claimed) return fail(Code::kCorruptInput, "tar: a broken size at {}", header_at);

    const char type = static_cast<char>(header[kType]);
    IMAGEMILL_ASSIGN_OR_RETURN(const bool was_extension, read_extension(type, *claimed, extension));
    if (was_extension) continue;
    return finish_member(header, extension.bytes.value_or(*claimed), extension);
  }
}

bool is_tar(ByteSpan first_bytes) {
  if (first_bytes.size() < kTarBlockBytes) return false;
  const ByteSpan header = first_bytes.first(kTarBlockBytes);
  if (is_empty_block(header))
    return first_bytes.size() >= 2 * kTarBlockBytes &&
           is_empty_block(first_bytes.subspan(kTarBlockBytes, kTarBlockBytes));
  return has_checksum(header);
}

}  // namespace imagemill
