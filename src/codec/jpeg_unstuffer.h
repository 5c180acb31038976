// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace imagemill {

// Takes byte stuffing (T.81, B.1.1.5: a zero after every 0xFF) out of a scan, piece by piece, so
// that who reads bits meets no exceptions. A piece ends at a marker, at the end of the data or when
// the buffer is full.
class JpegUnstuffer {
 public:
  static constexpr size_t kCapacity = 32 << 10;
  // Bytes behind end() that may be read; they mean nothing.
  static constexpr size_t kPadding = 4 << 10;

  explicit JpegUnstuffer(ByteSpan data)
      : next_(as_u8(data)), data_end_(as_u8(data) + data.size()), buffer_(kCapacity + kPadding) {}

  const uint8_t* begin() const { return buffer_.data(); }
  const uint8_t* end() const { return buffer_.data() + size_; }
  // Nothing follows end() but a marker or nothing.
  bool is_last() const { return is_last_; }

  // Forgets the bytes before `from`, moves the rest to begin() and reads on behind it.
  void fill(const uint8_t* from);
  // Steps over restart marker `index` (0 to 7) and begins a new piece. False when it is not what
  // comes next.
  bool pass_restart_marker(int index);

 private:
  void copy_to_next_ff();

  const uint8_t* next_;
  const uint8_t* data_end_;
  std::vector<uint8_t> buffer_;
  size_t size_ = 0;
  bool is_last_ = false;
};

}  // namespace imagemill
