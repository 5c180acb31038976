// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Every decoder of the process, whole and shrunk, patient and strict. The last byte, which is part
// of the file too, chooses the request: so seeds are plain files.
#include "base/check.h"
#include "codec/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace imagemill;
  if (size == 0) return 0;
  const ByteSpan file(reinterpret_cast<const std::byte*>(data), size);
  DecodeRequest request;
  request.limits = {
      .max_pixels = 1 << 20, .max_channels = 8, .max_side = 1 << 16, .max_seconds = 2};
  request.fail_on = (data[size - 1] & 1) != 0 ? FailOn::kWarning : FailOn::kNone;
  if ((data[size - 1] & 2) != 0) request.at_least = {3, 2};

  const auto header = read_image_header(file);
  const auto decoded = decode_image(file, request);
  if (!decoded) return 0;
  IMAGEMILL_CHECK(header.has_value());
  const Image& image = decoded->image;
  const auto pixels = static_cast<uint64_t>(image.width()) * static_cast<uint64_t>(image.height());
  IMAGEMILL_CHECK(pixels <= request.limits.max_pixels);
  IMAGEMILL_CHECK(image.channels() <= request.limits.max_channels);
  // What the planner was told is what came.
  const Decoder& decoder = *decoder_for(header->format);
  const Size promised = decoder.decoded_size(*header, request);
  IMAGEMILL_CHECK(image.width() == promised.width && image.height() == promised.height);
  IMAGEMILL_CHECK(image.bytes() <= decoder.decode_bytes(*header, request));
  IMAGEMILL_CHECK(decoded->header.orientation == header->orientation);
  // Every sample that is promised can be read.
  unsigned sum = 0;
  for (int c = 0; c < image.channels(); ++c) {
    const Plane& plane = image.plane(c);
    const int bytes = plane.width * sample_bytes(image.format().sample);
    for (int y = 0; y < plane.height; ++y) sum += plane.row<uint8_t>(y)[bytes - 1];
  }
  return sum == 0xFFFFFFFF ? 1 : 0;
}
