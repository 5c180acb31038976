// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The codecs that the engine has in its own process (src/codec), for runs that want them confined
// as well.
#include <malloc.h>

#include "family.h"

namespace imagemill::codec_host {
namespace {

// Blocks up to 4 MB are used again instead of being mapped anew, as in the program itself.
void keep_blocks() {
  ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 32 << 20);
}

// Remembers what the decoder was given.
class NotedMemory final : public PixelMemory {
 public:
  explicit NotedMemory(PixelMemory& memory) : memory_(memory) {}

  Result<std::shared_ptr<Buffer>> allocate_bytes(const PixelLayout& layout) override {
    IMAGEMILL_ASSIGN_OR_RETURN(given_, memory_.allocate_bytes(layout));
    return given_;
  }
  bool holds(const Image& image) const { return given_ != nullptr && image.buffer() == given_; }

 private:
  PixelMemory& memory_;
  std::shared_ptr<Buffer> given_;
};

Result<const Decoder*> decoder_of(FileFormat format) {
  const Decoder* decoder = decoder_for(format);
  if (decoder == nullptr)
    return fail(Code::kUnsupported, "{}: no decoder in this build", format_name(format));
  return decoder;
}

Result<ImageHeader> read_header(FileFormat format, ByteSpan bytes) {
  IMAGEMILL_ASSIGN_OR_RETURN(const Decoder* decoder, decoder_of(format));
  return decoder->read_header(bytes);
}

Result<Decoded> decode(const DecodeCall& call, ByteSpan bytes, PixelMemory& pixels) {
  IMAGEMILL_ASSIGN_OR_RETURN(const Decoder* decoder, decoder_of(call.format));
  NotedMemory memory(pixels);
  IMAGEMILL_ASSIGN_OR_RETURN(Decoded decoded, decoder->decode(bytes, {.at_least = call.at_least,
                                                                      .fail_on = call.fail_on,
                                                                      .limits = call.limits,
                                                                      .memory = &memory}));
  if (memory.holds(decoded.image)) return decoded;
  PixelLayout layout{decoded.header, decoded.scale_den, decoded.scale_num};
  layout.header.pixel_format = decoded.image.format();
  IMAGEMILL_ASSIGN_OR_RETURN(Image shared, pixels.allocate(layout));
  decoded.image.copy_pixels_to(shared);
  shared.color = std::move(decoded.image.color);
  decoded.image = std::move(shared);
  return decoded;
}

constexpr Family kFamily{.prepare = keep_blocks,
                         .needs_threads = false,
                         .read_header = read_header,
                         .decode = decode,
                         .encode = nullptr};

}  // namespace
}  // namespace imagemill::codec_host

extern "C" const imagemill::codec_host::Family* imagemill_codec_family() {
  return &imagemill::codec_host::kFamily;
}
