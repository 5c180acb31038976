// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/codec_set.h"

#include "codec/helper_client.h"

namespace imagemill {
namespace {

std::vector<FileFormat> joined(std::span<const FileFormat> here,
                               std::span<const FileFormat> there) {
  std::vector<FileFormat> all(here.begin(), here.end());
  all.insert(all.end(), there.begin(), there.end());
  return all;
}

}  // namespace

const Decoder* CodecSet::decoder_for(FileFormat format) const {
  const Decoder* here = imagemill::decoder_for(format);
  if (here != nullptr && isolation_ == Isolation::kDecoding) return helpers_->decoder_for(format);
  return here != nullptr || helpers_ == nullptr ? here : helpers_->decoder_for(format);
}

const Encoder* CodecSet::encoder_for(FileFormat format) const {
  const Encoder* here = imagemill::encoder_for(format);
  return here != nullptr || helpers_ == nullptr ? here : helpers_->encoder_for(format);
}

std::vector<FileFormat> CodecSet::decodable_formats() const {
  return joined(imagemill::decodable_formats(),
                helpers_ ? HelperPool::decodable_formats() : std::span<const FileFormat>());
}

std::vector<FileFormat> CodecSet::encodable_formats() const {
  return joined(imagemill::encodable_formats(),
                helpers_ ? HelperPool::encodable_formats() : std::span<const FileFormat>());
}

Result<const Decoder*> CodecSet::sniff_decoder(ByteSpan bytes) const {
  if (bytes.empty()) return fail(Code::kCorruptInput, "empty file");
  const FileFormat format = sniff(bytes);
  if (format == FileFormat::kUnknown)
    return fail(Code::kUnsupported, "not a picture format known here ({} bytes)", bytes.size());
  const Decoder* decoder = decoder_for(format);
  if (decoder == nullptr)
    return fail(Code::kUnsupported, "{}: {}", format_name(format),
                helpers_ ? "no decoder in this build" : "needs the codec helper imagemill-codec");
  return decoder;
}

Result<ImageHeader> CodecSet::read_header(ByteSpan bytes) const {
  IMAGEMILL_ASSIGN_OR_RETURN(const Decoder* decoder, sniff_decoder(bytes));
  return decoder->read_header(bytes);
}

Result<Decoded> CodecSet::decode(ByteSpan bytes, const DecodeRequest& request) const {
  IMAGEMILL_ASSIGN_OR_RETURN(const Decoder* decoder, sniff_decoder(bytes));
  // A helper's decode() checks the header itself, for the price of one round trip instead of two.
  const bool checks_itself = decoder != imagemill::decoder_for(sniff(bytes));
  if (!checks_itself) {
    IMAGEMILL_ASSIGN_OR_RETURN(const ImageHeader header, decoder->read_header(bytes));
    IMAGEMILL_TRY(check_limits(header, request.limits));
  }
  return decoder->decode(bytes, request);
}

}  // namespace imagemill
