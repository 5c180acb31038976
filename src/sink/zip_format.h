// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The records of a ZIP file as PKWARE's APPNOTE has them. An entry's sizes and checksum are known
// before it is written, so the local header says all and there are no data descriptors: the central
// directory can be made again from the local headers.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/bytes.h"
#include "imagemill/status.h"

namespace imagemill {

struct ZipEntry {
  std::string name;
  uint16_t method = 0;  // 0 stored, 8 deflated
  uint32_t crc = 0;
  uint64_t packed_bytes = 0;
  uint64_t bytes = 0;
  uint64_t offset = 0;  // of the local header
};

constexpr size_t kZipLocalHeaderBytes = 30;  // without name and extra field

Bytes zip_local_header(const ZipEntry& entry);

// How many bytes the header has with name and extra field. `fixed` holds kZipLocalHeaderBytes.
Result<size_t> zip_local_header_size(ByteSpan fixed);
// `header` is the whole of it; `offset` is the caller's to set.
Result<ZipEntry> parse_zip_local_header(ByteSpan header);

// Central directory and its end records, to be written at `offset`. ZIP64 where it must be.
Bytes zip_central_directory(std::span<const ZipEntry> entries, uint64_t offset);

}  // namespace imagemill
