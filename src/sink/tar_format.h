// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The few records of POSIX ustar that a shard needs. Owner, mode and time are fixed: equal samples
// give equal tars.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "imagemill/status.h"

namespace imagemill {

constexpr size_t kTarBlockBytes = 512;
constexpr size_t kTarEndBytes = 2 * kTarBlockBytes;  // zeros
constexpr size_t kTarNameBytes = 100;
constexpr uint64_t kTarMaxFileBytes = (uint64_t{1} << 33) - 1;  // 11 octal digits

struct TarEntry {
  std::string name;  // at most kTarNameBytes
  uint64_t bytes = 0;
};

constexpr uint64_t tar_padding(uint64_t bytes) {
  return (kTarBlockBytes - bytes % kTarBlockBytes) % kTarBlockBytes;
}
// Of header, contents and padding.
constexpr uint64_t tar_member_size(uint64_t bytes) {
  return kTarBlockBytes + bytes + tar_padding(bytes);
}

Bytes tar_header(const TarEntry& member);

// nullopt for a block of zeros, the end. kCorruptInput for anything that tar_header does not make.
Result<std::optional<TarEntry>> parse_tar_header(ByteSpan block);

}  // namespace imagemill
