// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/registry.h"

#include <array>

namespace imagemill {
namespace {

struct CodecRow {
  FileFormat format;
  const Decoder* (*decoder)();
  const Encoder* (*encoder)();
  std::string (*library)();
};

constexpr std::array kCodecs = {
    CodecRow{FileFormat::kJpeg, jpeg_decoder, jpeg_encoder, jpeg_library},
    CodecRow{FileFormat::kPng, png_decoder, png_encoder, png_library},
    CodecRow{FileFormat::kWebp, webp_decoder, webp_encoder, webp_library},
    CodecRow{FileFormat::kTiff, tiff_decoder, tiff_encoder, tiff_library},
};

template <auto Member>
std::vector<FileFormat> formats_with() {
  std::vector<FileFormat> out;
  for (const CodecRow& row : kCodecs)
    if (row.*Member != nullptr) out.push_back(row.format);
  return out;
}

}  // namespace

const Decoder* decoder_for(FileFormat format) {
  for (const CodecRow& row : kCodecs)
    if (row.format == format && row.decoder != nullptr) return row.decoder();
  return nullptr;
}

const Encoder* encoder_for(FileFormat format) {
  for (const CodecRow& row : kCodecs)
    if (row.format == format && row.encoder != nullptr) return row.encoder();
  return nullptr;
}

std::span<const FileFormat> decodable_formats() {
  static const auto formats = formats_with<&CodecRow::decoder>();
  return formats;
}

std::span<const FileFormat> encodable_formats() {
  static const auto formats = formats_with<&CodecRow::encoder>();
  return formats;
}

std::vector<std::string> codec_libraries() {
  std::vector<std::string> out;
  for (const CodecRow& row : kCodecs) out.push_back(row.library());
  return out;
}

}  // namespace imagemill
