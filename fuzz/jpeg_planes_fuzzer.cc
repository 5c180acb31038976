// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Our own JPEG decoders, and that they deliver nothing that libjpeg would complain about. The last
// byte, which is part of the file too, chooses the size.
#include <array>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "codec/jpeg_planes.h"

namespace imagemill {
namespace {

struct Reader {
  jpeg_decompress_struct codec{};
  JpegErrors errors;

  explicit Reader(ByteSpan file) {
    codec.err = errors.attach();
    jpeg_create_decompress(&codec);
    jpeg_mem_src(&codec, as_u8(file), file.size());
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { jpeg_destroy_decompress(&codec); }

  bool read_header() {
    if (setjmp(errors.on_fatal) != 0) return false;
    jpeg_read_header(&codec, TRUE);
    return true;
  }
  bool read_lines(JSAMPLE* line) {
    if (setjmp(errors.on_fatal) != 0) return false;
    jpeg_start_decompress(&codec);
    while (codec.output_scanline < codec.output_height) jpeg_read_scanlines(&codec, &line, 1);
    return true;
  }
};

}  // namespace
}  // namespace imagemill

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace imagemill;
  if (size == 0) return 0;
  constexpr std::array kScales = {1, 2, 3, 4, 5, 6, 8, 8};
  constexpr int kScansMax = 20;
  const ByteSpan file(reinterpret_cast<const std::byte*>(data), size);
  Reader reader(file);
  if (!reader.read_header()) return 0;
  const auto& codec = reader.codec;
  if (uint64_t{codec.image_width} * codec.image_height > 1 << 20) return 0;
  const int n = kScales[data[size - 1] % kScales.size()];
  StopCheck stop({.limits = {.max_seconds = 2}});
  const auto image = decode_jpeg_planes(codec, n, kScansMax, stop);
  if (!image) return 0;
  IMAGEMILL_CHECK(image->width() == static_cast<int>((codec.image_width * n + 7) / 8));
  IMAGEMILL_CHECK(image->height() == static_cast<int>((codec.image_height * n + 7) / 8));
  reader.errors.warnings.clear();  // the header's
  std::vector<JSAMPLE> line(size_t{codec.image_width} * 4);
  IMAGEMILL_CHECK(reader.read_lines(line.data()));
  IMAGEMILL_CHECK(reader.errors.warnings.empty());
  return 0;
}
