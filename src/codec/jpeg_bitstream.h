// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/bytes.h"

namespace imagemill {

// A window of bits. It may read up to 8 bytes further than it was told to consume.
struct JpegBits {
  const uint8_t* next = nullptr;  // the first byte not (wholly) in `bits`
  uint64_t bits = 0;              // from the highest down
  int count = 0;                  // how many of them are real

  // Afterwards at least 56 bits are there.
  void refill() {
    uint64_t word;
    std::memcpy(&word, next, sizeof(word));
    if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
    bits |= word >> count;
    next += (63 - count) >> 3;
    count |= 56;
  }
  void drop(int n) {
    bits <<= n;
    count -= n;
  }
  // The highest n, 1 to 32.
  uint32_t take(int n) {
    const auto value = static_cast<uint32_t>(bits >> (64 - n));
    drop(n);
    return value;
  }
};

// The entropy-coded data of a scan. Takes byte stuffing (T.81, B.1.1.5: a zero after every 0xFF)
// out, piece by piece, so that reading bits meets no exceptions. A piece ends at a marker, at the
// end of the data or when the buffer is full.
class JpegBitstream {
 public:
  // The most bytes that may be read between two calls of needs_more(): an MCU of 10 blocks (T.81,
  // B.2.3), 64 codes of 16 bits each with 11 bits after them.
  static constexpr size_t kReadMax = 10 * 64 * 27 / 8;

  // `data` begins where the scan's header ends.
  explicit JpegBitstream(ByteSpan data);

  JpegBits begin();

  // To be asked before each MCU, and if so, read_on() before it is read. False: more was read than
  // there was.
  bool needs_more(const JpegBits& bits) const { return bits.next > piece_end_; }
  bool read_on(JpegBits& bits);

  // Steps over the restart marker whose turn it is. False when anything but filling up to the byte
  // lies before it, or it is not there.
  bool restart(JpegBits& bits);

  // What follows the scan, a marker first. False when data of the scan is left over.
  bool finish(JpegBits& bits, ByteSpan& rest);

  // Whether no more was read than there was, and a marker, or more data before one, follows.
  // (Without one the file was cut off, if only behind the last block.)
  bool is_whole(const JpegBits& bits) const {
    return bits_left(bits) >= 0 && (!is_last_ || data_end_ - next_ >= 2);
  }

 private:
  static constexpr size_t kCapacity = 32 << 10;

  const uint8_t* end() const { return buffer_.data() + size_; }
  // Of this piece, in the window and after it.
  ptrdiff_t bits_left(const JpegBits& bits) const { return (end() - bits.next) * 8 + bits.count; }
  bool is_at_end(JpegBits& bits);
  void fill(const uint8_t* from);
  void copy_to_next_ff();

  const uint8_t* next_;
  const uint8_t* data_end_;
  std::vector<uint8_t> buffer_;
  size_t size_ = 0;
  bool is_last_ = false;  // nothing follows this piece but a marker or nothing
  const uint8_t* piece_end_ = nullptr;
  int restarts_ = 0;
};

}  // namespace imagemill
