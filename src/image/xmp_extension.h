// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// XMP in two packets, for containers whose blocks are too small for one (XMP specification, part 3,
// 1.1.3.1): the main packet names the other by a GUID in xmpNote:HasExtendedXMP. Takes hostile
// bytes; any thread.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "image/xmp.h"

namespace imagemill {

inline constexpr size_t kXmpGuidBytes = 32;

// The GUID that a main packet names; "" when it names none.
std::string extension_guid(ByteSpan packet);

// One packet of both, in UTF-8, without the note. An extension that is no sound packet, or makes
// the whole longer than max_bytes, is left out.
Bytes merge_extension(ByteSpan packet, ByteSpan extension, size_t max_bytes = kMaxXmpBytes);

struct SplitXmp {
  Bytes packet;     // with the note
  Bytes extension;  // with every property that was moved
  std::string guid;
};

// Moves the largest properties out until the main packet has at most packet_bytes_max. nullopt when
// that cannot be done: the packet is not sound, or what cannot move is too large.
std::optional<SplitXmp> split_xmp(ByteSpan packet, size_t packet_bytes_max);

}  // namespace imagemill
