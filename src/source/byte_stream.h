// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Bytes front to back: of a file as it is, or of what a compressed file unpacks to. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/file_system.h"
#include "source/kinds.h"

namespace imagemill {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Fills `out`; less only at the end.
  virtual Result<size_t> read(std::span<std::byte> out) = 0;
  // Returns how many bytes were there to skip: less only at the end.
  virtual Result<uint64_t> skip(uint64_t bytes, const CancelToken* cancel) = 0;
};

// `file` must outlive the stream.
std::unique_ptr<ByteStream> stream_file(ReadableFile& file);

// kResourceExhausted once more than limits.max_archive_bytes came out, or more than max_ratio times
// what went in (above max_ratio_floor). `file` must outlive the stream.
Result<std::unique_ptr<ByteStream>> stream_decompressed(ReadableFile& file,
                                                        TarCompression compression,
                                                        const SourceLimits& limits);

}  // namespace imagemill
