// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace imagemill {

// xxh3-128 of content. Not cryptographic: names content in caches and stores, proves nothing
// against an attacker.
struct ContentHash {
  uint64_t high = 0;
  uint64_t low = 0;
  bool operator==(const ContentHash&) const = default;

  // 32 lower-case hex digits, the canonical (big-endian) form that `xxh128sum` prints.
  std::string hex() const;
};

ContentHash hash_content(ByteSpan bytes);

}  // namespace imagemill
