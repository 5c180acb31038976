// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/jpeg_xmp.h"

#include <fmt/format.h>

#include <algorithm>
#include <expected>

#include "image/xmp_extension.h"
#include "imagemill/status.h"

namespace imagemill {
namespace {

constexpr size_t kPieceHeadBytes = kXmpGuidBytes + 4 + 4;

// The pieces of one extended packet put together.
Result<Bytes> assemble(const std::vector<ByteSpan>& pieces, const std::string& guid) {
  Bytes out;
  std::vector<std::pair<size_t, size_t>> filled;  // begin, end
  for (const ByteSpan piece : pieces) {
    if (as_text(piece).substr(0, kXmpGuidBytes) != guid) continue;
    const size_t whole = read_u32(as_u8(piece) + kXmpGuidBytes, true);
    const size_t offset = read_u32(as_u8(piece) + kXmpGuidBytes + 4, true);
    const ByteSpan bytes = piece.subspan(kPieceHeadBytes);
    if (whole > kMaxXmpBytes)
      return fail(Code::kResourceExhausted, "{} bytes, at most {} are read", whole, kMaxXmpBytes);
    if (out.empty()) out.resize(whole);
    if (whole != out.size() || offset > whole || bytes.size() > whole - offset)
      return fail(Code::kCorruptInput, "a piece of {} bytes at {} of {}", bytes.size(), offset,
                  whole);
    std::ranges::copy(bytes, out.begin() + static_cast<std::ptrdiff_t>(offset));
    filled.emplace_back(offset, offset + bytes.size());
  }
  std::ranges::sort(filled);
  size_t end = 0;
  for (const auto& [from, to] : filled) {
    if (from > end) break;
    end = std::max(end, to);
  }
  if (out.empty() || end < out.size())
    return fail(Code::kCorruptInput, "missing from byte {} on", end);
  return out;
}

void append(Bytes& out, std::string_view text) {
  const ByteSpan bytes = as_byte_span(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_u32(Bytes& out, size_t value) {
  for (const int shift : {24, 16, 8, 0})
    out.push_back(static_cast<std::byte>(value >> shift & 255));
}

Bytes marker(std::string_view prefix, ByteSpan bytes) {
  Bytes out;
  append(out, prefix);
  out.insert(out.end(), bytes.begin(), bytes.end());
  return out;
}

}  // namespace

void JpegXmpReader::add(ByteSpan bytes) {
  const std::string_view text = as_text(bytes);
  if (text.starts_with(kJpegXmpPrefix) && main_.empty())
    main_ = bytes.subspan(kJpegXmpPrefix.size());
  else if (text.starts_with(kJpegExtendedXmpPrefix) &&
           bytes.size() > kJpegExtendedXmpPrefix.size() + kPieceHeadBytes)
    pieces_.push_back(bytes.subspan(kJpegExtendedXmpPrefix.size()));
}

Bytes JpegXmpReader::packet(std::string& warning) const {
  const std::string guid = extension_guid(main_);
  if (guid.empty()) return Bytes(main_.begin(), main_.end());
  auto extension = assemble(pieces_, guid);
  if (!extension) {
    warning = fmt::format("extended XMP left out: {}", extension.error().message());
    // The note about it goes as well.
    return merge_extension(main_, {});
  }
  return merge_extension(main_, *extension);
}

std::vector<Bytes> jpeg_xmp_markers(ByteSpan packet) {
  if (packet.empty()) return {};
  constexpr size_t kMainMax = kJpegMarkerBytesMax - kJpegXmpPrefix.size();
  if (packet.size() <= kMainMax) return {marker(kJpegXmpPrefix, packet)};
  // A little below what fits, for those who edit the packet in place.
  const auto split = split_xmp(packet, 65000);
  if (!split) return {};
  std::vector<Bytes> out = {marker(kJpegXmpPrefix, split->packet)};
  constexpr size_t kPieceMax =
      kJpegMarkerBytesMax - kJpegExtendedXmpPrefix.size() - kPieceHeadBytes;
  for (size_t at = 0; at < split->extension.size(); at += kPieceMax) {
    Bytes piece;
    append(piece, kJpegExtendedXmpPrefix);
    append(piece, split->guid);
    append_u32(piece, split->extension.size());
    append_u32(piece, at);
    const size_t end = std::min(split->extension.size(), at + kPieceMax);
    piece.insert(piece.end(), split->extension.begin() + static_cast<std::ptrdiff_t>(at),
                 split->extension.begin() + static_cast<std::ptrdiff_t>(end));
    out.push_back(std::move(piece));
  }
  return out;
}

}  // namespace imagemill
