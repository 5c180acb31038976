// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>

namespace imagemill {

// Of a tensor's memory: a cache line, and as wide as any vector register.
inline constexpr size_t kTensorAlignment = 64;

struct FreeAligned {
  void operator()(std::byte* memory) const {
    ::operator delete[](memory, std::align_val_t{kTensorAlignment});
  }
};
using AlignedBytes = std::unique_ptr<std::byte[], FreeAligned>;

// Null when there is no memory.
inline AlignedBytes allocate_aligned(size_t bytes) {
  return AlignedBytes(new (std::align_val_t{kTensorAlignment}, std::nothrow)
                          std::byte[std::max<size_t>(bytes, 1)]);
}

}  // namespace imagemill
