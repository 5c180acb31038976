// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/jpeg_bitstream.h"

#include <algorithm>

namespace imagemill {

// Bytes behind the last piece are read before it is noticed that it ended.
JpegBitstream::JpegBitstream(ByteSpan data)
    : next_(as_u8(data)),
      data_end_(as_u8(data) + data.size()),
      buffer_(kCapacity + kReadMax + 2 * sizeof(uint64_t)) {}

JpegBits JpegBitstream::begin() {
  fill(buffer_.data());
  return {.next = buffer_.data()};
}

bool JpegBitstream::read_on(JpegBits& bits) {
  if (is_last_) return bits_left(bits) >= 0;
  const ptrdiff_t in_window = (bits.count + 7) / 8;
  fill(bits.next - in_window);
  bits.next = buffer_.data() + in_window;
  return true;
}

bool JpegBitstream::is_at_end(JpegBits& bits) {
  if (!is_last_) read_on(bits);
  return is_last_ && bits_left(bits) >= 0 && bits_left(bits) < 8;
}

bool JpegBitstream::restart(JpegBits& bits) {
  if (!is_at_end(bits) || data_end_ - next_ < 2 || next_[1] != 0xD0 + restarts_ % 8) return false;
  ++restarts_;
  next_ += 2;
  size_ = 0;
  is_last_ = false;
  bits = begin();
  return true;
}

bool JpegBitstream::finish(JpegBits& bits, ByteSpan& rest) {
  if (!is_at_end(bits)) return false;
  rest = {reinterpret_cast<const std::byte*>(next_), static_cast<size_t>(data_end_ - next_)};
  return true;
}

// Forgets the bytes before `from`, moves the rest to the front and reads on behind it.
void JpegBitstream::fill(const uint8_t* from) {
  size_ = static_cast<size_t>(end() - from);
  std::memmove(buffer_.data(), from, size_);
  while (!is_last_ && size_ < kCapacity) copy_to_next_ff();
  // An MCU that begins before it cannot reach end(), or, in the last piece, not the end of the
  // buffer.
  piece_end_ = end() - (is_last_ ? 0 : kReadMax + sizeof(uint64_t));
}

// With it, when it is data.
void JpegBitstream::copy_to_next_ff() {
  const size_t room = std::min(kCapacity - size_, static_cast<size_t>(data_end_ - next_));
  const auto* ff = static_cast<const uint8_t*>(std::memchr(next_, 0xFF, room));
  const size_t count = ff == nullptr ? room : static_cast<size_t>(ff - next_);
  std::memcpy(buffer_.data() + size_, next_, count);
  size_ += count;
  next_ += count;
  if (ff == nullptr) {
    is_last_ = next_ == data_end_;
  } else if (data_end_ - next_ >= 2 && next_[1] == 0) {
    buffer_[size_++] = 0xFF;
    next_ += 2;
  } else {
    is_last_ = true;
  }
}

}  // namespace imagemill
