// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "imagemill/status.h"

namespace imagemill {

constexpr uint16_t kZipStored = 0;
constexpr uint16_t kZipDeflated = 8;

// Stored, deflate, bzip2, LZMA, Zstandard. Not deflate64, PPMd and what is rarer still.
bool can_unpack_zip_method(uint16_t method);

struct PackedMember {
  uint16_t method = 0;
  uint16_t flags = 0;
  uint32_t crc = 0;
  ByteSpan bytes;
};

// Unpacks one member, not a stored one, into a buffer of the size that it claims. kCorruptInput
// when it holds more or less than that. The CRC is the caller's to check. Any thread.
Result<> unpack_zip_member(const PackedMember& member, std::span<std::byte> out);

uint32_t zip_crc(ByteSpan bytes);

}  // namespace imagemill
