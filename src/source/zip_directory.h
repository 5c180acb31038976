// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The central directory of a ZIP (PKWARE APPNOTE 6.3), read by us because safety needs what
// libraries hide: where each member's local header lies, so that overlapping members are
// found before anything is inflated.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/file_system.h"
#include "imagemill/status.h"

namespace imagemill {

// One record of the directory, decoded but not yet judged.
struct ZipRecord {
  std::string name;        // UTF-8 where the archive lets us know; ends in '/' for folders
  uint64_t header_at = 0;  // local header, in the file
  uint64_t packed_bytes = 0;
  uint64_t bytes = 0;  // unpacked, as claimed
  int64_t mtime_ns = 0;
  uint32_t crc = 0;
  uint16_t method = 0;
  uint16_t flags = 0;
  uint16_t name_bytes = 0;  // as stored
  uint16_t unix_mode = 0;   // 0: made elsewhere
};

constexpr uint64_t kZipLocalHeaderBytes = 30;

struct ZipDirectoryEnd {
  uint64_t begin = 0;  // where the directory begins: no member may reach beyond
  uint64_t bytes = 0;
  uint64_t records = 0;  // as claimed; old writers let the count wrap at 65,536
  uint64_t prefix = 0;   // bytes before the archive proper (self-extracting ones): every offset
                         // in the directory is less by this much
};

// kCorruptInput when there is none (a truncated archive), kUnsupported when it spans several files.
Result<ZipDirectoryEnd> find_zip_directory(ReadableFile& file);

// Calls visit for each record in directory order, until one fails. Memory does not grow with the
// directory. kResourceExhausted above max_records.
Result<> read_zip_directory(ReadableFile& file, const ZipDirectoryEnd& end, uint64_t max_records,
                            const std::function<Result<>(ZipRecord)>& visit);

}  // namespace imagemill
