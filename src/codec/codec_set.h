// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The codecs that one engine has: those in the process and, when it has a pool, those of the
// helpers. Encoders of the process are never isolated: what they read was made here. The free
// functions of codec.h know the first kind only.
#pragma once

#include <vector>

#include "codec/codec.h"

namespace imagemill {

class HelperPool;

// Where the formats are decoded that this process has codecs for.
enum class Isolation : uint8_t {
  kNone,     // in this process
  kDecoding  // in helpers, as all others
};

// A small value: copies share the pool, which must outlive them. Safe from any thread.
class CodecSet {
 public:
  // Isolation needs helpers.
  explicit CodecSet(const HelperPool* helpers = nullptr, Isolation isolation = Isolation::kNone)
      : helpers_(helpers), isolation_(isolation) {}

  // Null when there is none.
  const Decoder* decoder_for(FileFormat format) const;
  const Encoder* encoder_for(FileFormat format) const;
  std::vector<FileFormat> decodable_formats() const;
  std::vector<FileFormat> encodable_formats() const;

  // Sniffs, checks the limits against the header, decodes: as read_image_header() and
  // decode_image() do.
  Result<ImageHeader> read_header(ByteSpan bytes) const;
  Result<Decoded> decode(ByteSpan bytes, const DecodeRequest& request) const;

 private:
  Result<const Decoder*> sniff_decoder(ByteSpan bytes) const;

  const HelperPool* helpers_;
  Isolation isolation_;
};

}  // namespace imagemill
