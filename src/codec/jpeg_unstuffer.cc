// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/jpeg_unstuffer.h"

#include <algorithm>
#include <cstring>

namespace imagemill {

void JpegUnstuffer::fill(const uint8_t* from) {
  size_ = static_cast<size_t>(end() - from);
  std::memmove(buffer_.data(), from, size_);
  while (!is_last_ && size_ < kCapacity) copy_to_next_ff();
}

bool JpegUnstuffer::pass_restart_marker(int index) {
  if (!is_last_ || data_end_ - next_ < 2 || next_[1] != 0xD0 + index) return false;
  next_ += 2;
  is_last_ = false;
  size_ = 0;
  fill(begin());
  return true;
}

// With it, when it is data.
void JpegUnstuffer::copy_to_next_ff() {
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
