// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/jpeg_huffman.h"

#include <algorithm>

namespace imagemill {
namespace {

// Of 8-bit samples (T.81, tables F.1 and F.2).
constexpr int kDcSizeMax = 11;
constexpr int kAcSizeMax = 10;

std::optional<JpegCode> code_of(int symbol, int code_bits, JpegCodeKind kind) {
  const int run = symbol >> 4;
  const int size = symbol & 15;
  if (kind == JpegCodeKind::kDc) {
    if (symbol > kDcSizeMax) return std::nullopt;
    return JpegCode(1, size, code_bits);
  }
  if (size > kAcSizeMax) return std::nullopt;
  // Without a coefficient it is the end of the block, or a run of 16 zeros: of 15 and a coefficient
  // that is one.
  if (size > 0 || run == 15) return JpegCode(run + 1, size, code_bits);
  return JpegCode(JpegCode::kEndOfBlock, kind == JpegCodeKind::kProgressiveAc ? run : 0, code_bits);
}

}  // namespace

std::optional<JpegHuffmanTable> JpegHuffmanTable::make(std::span<const uint8_t, 16> counts,
                                                       std::span<const uint8_t> symbols,
                                                       JpegCodeKind kind) {
  JpegHuffmanTable table;
  int32_t code = 0;
  size_t at = 0;
  for (int bits = 1; bits <= 16; ++bits) {
    const size_t count = counts[static_cast<size_t>(bits - 1)];
    if (at + count > std::min<size_t>(symbols.size(), 256)) return std::nullopt;
    table.first_symbol_[static_cast<size_t>(bits)] = static_cast<int32_t>(at) - code;
    for (size_t i = 0; i < count; ++i, ++at, ++code) {
      // The code of ones alone is reserved.
      if (code >= (1 << bits) - 1) return std::nullopt;
      const std::optional<JpegCode> found = code_of(symbols[at], bits, kind);
      if (!found) return std::nullopt;
      table.codes_[at] = *found;
      if (bits > kLookBits) continue;
      const int free_bits = kLookBits - bits;
      std::fill_n(table.look_.begin() + (static_cast<ptrdiff_t>(code) << free_bits),
                  size_t{1} << free_bits, *found);
    }
    table.code_end_[static_cast<size_t>(bits)] = count == 0 ? 0 : code;
    code <<= 1;
  }
  return table;
}

JpegCode JpegHuffmanTable::search(uint64_t bits) const {
  for (size_t length = kLookBits + 1; length <= 16; ++length) {
    const auto code = static_cast<int32_t>(bits >> (64 - length));
    if (code < code_end_[length]) return codes_[static_cast<size_t>(code + first_symbol_[length])];
  }
  return {};
}

}  // namespace imagemill
