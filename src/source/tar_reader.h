// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The headers of a tar (v7, ustar, pax, GNU), read by us so that plain and compressed archives are
// judged by the same rules and a plain one can be read at any place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "imagemill/cancel.h"
#include "source/byte_stream.h"

namespace imagemill {

constexpr size_t kTarBlockBytes = 512;

struct TarMember {
  enum class Kind : uint8_t { kFile, kFolder, kLink, kSpecial, kSparse, kUnknown };
  std::string name;  // as stored
  Kind kind = Kind::kFile;
  uint64_t bytes = 0;  // of the body
  int64_t mtime_ns = 0;
  uint64_t data_at = 0;  // of the body, from the beginning of the stream
};

class TarReader {
 public:
  // `cancel` may be null.
  TarReader(std::unique_ptr<ByteStream> stream, const CancelToken* cancel)
      : stream_(std::move(stream)), cancel_(cancel) {}

  // The next member; what is left of the body before it is skipped. nullopt at the end.
  // kCorruptInput when the archive is cut off or damaged, with is_within_body() telling whether it
  // was the body of the member before that fell short.
  Result<std::optional<TarMember>> next();
  bool is_within_body() const { return body_left_ > 0; }

  // The body of the member that next() gave, once. The caller has checked its size.
  Result<Bytes> read_body(uint64_t bytes);

 private:
  struct Extension;

  Result<bool> read_block(std::span<std::byte> block);
  Result<> skip_body();
  Result<std::string> read_extension_text(uint64_t bytes);
  Result<> apply_pax(std::string_view records, Extension& extension) const;
  Result<bool> read_extension(char type, uint64_t bytes, Extension& extension);
  Result<TarMember> finish_member(ByteSpan header, uint64_t bytes, const Extension& extension);

  std::unique_ptr<ByteStream> stream_;
  const CancelToken* cancel_;
  uint64_t at_ = 0;
  uint64_t body_left_ = 0;     // of the member before
  uint64_t padding_left_ = 0;  // behind it
};

// Whether a file that begins with these bytes is a tar: its first header's checksum fits, or it is
// the two empty blocks of an archive without members.
bool is_tar(ByteSpan first_bytes);

}  // namespace imagemill
