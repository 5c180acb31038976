// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "fuzz/read_everything.h"

// The first byte chooses the compression.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using imagemill::TarCompression;
  constexpr TarCompression kCompressions[] = {TarCompression::kNone, TarCompression::kGzip,
                                              TarCompression::kZstd, TarCompression::kXz,
                                              TarCompression::kBzip2};
  if (size == 0) return 0;
  const TarCompression compression = kCompressions[data[0] % std::size(kCompressions)];
  const imagemill::MemoryFile file(data + 1, size - 1);
  imagemill::read_everything(imagemill::open_tar(file.place(), compression));
  return 0;
}
