// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Huffman codes of a JPEG scan (ITU-T T.81, annexes C and F) as lookup tables, and the bits they
// are read from.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace imagemill {

enum class JpegCodeKind : uint8_t { kDc, kAc, kProgressiveAc };

// A code and what it stands for: `skip` - 1 zero coefficients, then one of `size` bits, which
// follow the code. In one word, so that reading it is one load, and with the number of bits to drop
// lowest, where shift instructions look for it.
class JpegCode {
 public:
  // As a skip they lead past the end of any block. The `size` bits after an end of block of a
  // progressive scan say how many blocks end, less 2^size (T.81, G.1.2.2).
  static constexpr int kEndOfBlock = 64;
  static constexpr int kNone = 65;  // not a code, or one too long for JpegHuffmanTable::look()

  constexpr JpegCode() : JpegCode(kNone, 0, 0) {}
  constexpr JpegCode(int skip, int size, int code_bits)
      : word_(
            static_cast<uint32_t>(skip << 24 | size << 16 | code_bits << 8 | (code_bits + size))) {}

  int skip() const { return static_cast<int>(word_ >> 24); }
  int size() const { return static_cast<int>(word_ >> 16 & 63); }
  int code_bits() const { return static_cast<int>(word_ >> 8 & 63); }
  int total_bits() const { return static_cast<int>(word_ & 63); }

 private:
  uint32_t word_;
};

// Codes up to kLookBits long are one lookup; longer ones, rare by their nature, a search.
class JpegHuffmanTable {
 public:
  static constexpr int kLookBits = 9;

  // counts[i] codes have i + 1 bits; `symbols` are theirs in order. Nullopt when no prefix code is
  // like that, or when a symbol means nothing for 8-bit samples in a table of this kind.
  static std::optional<JpegHuffmanTable> make(std::span<const uint8_t, 16> counts,
                                              std::span<const uint8_t> symbols, JpegCodeKind kind);

  // `bits` begins (at its highest bit) with a code.
  JpegCode look(uint64_t bits) const { return look_[bits >> (64 - kLookBits)]; }
  // For what look() has not.
  [[gnu::cold, gnu::noinline]] JpegCode search(uint64_t bits) const;

 private:
  std::array<JpegCode, size_t{1} << kLookBits> look_{};
  std::array<int32_t, 17> code_end_{};      // one past the last code of each length; 0: none
  std::array<int32_t, 17> first_symbol_{};  // what to add to a code of each length for its symbol
  std::array<JpegCode, 256> codes_{};
};

// The number that `code`, at the beginning of `bits`, is followed by (T.81, F.2.2.1, EXTEND): one
// that begins with a 0 bit is negative, and all its bits are flipped.
inline int jpeg_value(uint64_t bits, JpegCode code) {
  const uint64_t begin = bits << code.code_bits();
  const uint64_t flip = ~static_cast<uint64_t>(static_cast<int64_t>(begin) >> 63);
  const uint64_t magnitude = (begin ^ flip) >> 1 >> (63 - code.size());
  return static_cast<int>((magnitude ^ flip) - flip);
}

}  // namespace imagemill
