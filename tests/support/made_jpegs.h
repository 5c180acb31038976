// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// JPEG files of every kind that libjpeg writes, and libjpeg to read them the plain way.
#pragma once

#include <cmath>
#include <cstdio>  // jpeglib.h needs FILE
#include <cstdlib>
#include <tuple>
#include <utility>
#include <vector>

#include <jpeglib.h>

#include "base/bytes.h"
#include "imagemill/image.h"

namespace imagemill {

using JpegFactors = std::vector<std::pair<int, int>>;

struct JpegRecipe {
  Size size{64, 48};
  J_COLOR_SPACE space = JCS_YCbCr;
  JpegFactors factors = {{2, 2}, {1, 1}, {1, 1}};
  bool is_progressive = false;
  bool is_arithmetic = false;
  bool has_adobe_marker = true;  // of the spaces that libjpeg marks so
  int restart_blocks = 0;
  int quality = 90;
  bool is_noise = false;      // uses every code there is
  bool is_optimized = false;  // codes made for this picture
};

inline uint8_t sample_of(int c, int x, int y) {
  return static_cast<uint8_t>(128 + 90 * std::sin(0.11 * x + 0.07 * y * (c + 1) + c) +
                              (x * 31 + y * 17 + c * 7) % 16);
}

inline uint8_t noise_of(int c, int x, int y) {
  const auto u = [](int v) { return static_cast<uint32_t>(v); };
  const uint32_t n = (u(x) * 73856093U ^ u(y) * 19349663U ^ u(c) * 83492791U) * 2654435761U;
  return static_cast<uint8_t>(n >> 24);
}

inline Bytes take(unsigned char* data, unsigned long size) {
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  Bytes out(bytes, bytes + size);
  std::free(data);
  return out;
}

inline Bytes make_jpeg(const JpegRecipe& recipe) {
  jpeg_compress_struct c{};
  jpeg_error_mgr errors{};
  c.err = jpeg_std_error(&errors);
  jpeg_create_compress(&c);
  unsigned char* out = nullptr;
  unsigned long out_bytes = 0;
  jpeg_mem_dest(&c, &out, &out_bytes);
  c.image_width = static_cast<JDIMENSION>(recipe.size.width);
  c.image_height = static_cast<JDIMENSION>(recipe.size.height);
  const bool is_ycck = recipe.space == JCS_YCCK;
  c.in_color_space = is_ycck ? JCS_CMYK : recipe.space;
  c.input_components = static_cast<int>(recipe.factors.size());
  jpeg_set_defaults(&c);
  jpeg_set_colorspace(&c, recipe.space);
  jpeg_set_quality(&c, recipe.quality, TRUE);
  for (size_t i = 0; i < recipe.factors.size(); ++i)
    std::tie(c.comp_info[i].h_samp_factor, c.comp_info[i].v_samp_factor) = recipe.factors[i];
  if (!recipe.has_adobe_marker) c.write_Adobe_marker = FALSE;
  if (recipe.is_progressive) jpeg_simple_progression(&c);
  c.optimize_coding = recipe.is_optimized;
  c.arith_code = recipe.is_arithmetic;
  c.restart_interval = static_cast<unsigned>(recipe.restart_blocks);
  jpeg_start_compress(&c, TRUE);
  std::vector<JSAMPLE> line(static_cast<size_t>(recipe.size.width * c.input_components));
  JSAMPROW row = line.data();
  for (int y = 0; y < recipe.size.height; ++y) {
    for (int x = 0; x < recipe.size.width; ++x)
      for (int i = 0; i < c.input_components; ++i)
        line[static_cast<size_t>(x * c.input_components + i)] =
            recipe.is_noise ? noise_of(i, x, y) : sample_of(i, x, y);
    jpeg_write_scanlines(&c, &row, 1);
  }
  jpeg_finish_compress(&c);
  jpeg_destroy_compress(&c);
  return take(out, out_bytes);
}

struct JpegReader {
  jpeg_decompress_struct d{};
  jpeg_error_mgr errors{};
  explicit JpegReader(ByteSpan bytes) {
    d.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&d);
    jpeg_mem_src(&d, as_u8(bytes), bytes.size());
    jpeg_read_header(&d, TRUE);
  }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&d); }
};

// One component as libjpeg's inverse DCT made it, whole blocks.
struct RawPlane {
  int width = 0;
  int height = 0;
  std::vector<JSAMPLE> samples;
  JSAMPLE at(int x, int y) const { return samples[static_cast<size_t>(y * width + x)]; }
};

inline std::vector<RawPlane> read_raw_planes(ByteSpan bytes) {
  JpegReader reader(bytes);
  jpeg_decompress_struct& d = reader.d;
  d.raw_data_out = TRUE;
  jpeg_start_decompress(&d);
  std::vector<RawPlane> planes(static_cast<size_t>(d.num_components));
  for (int c = 0; c < d.num_components; ++c) {
    const jpeg_component_info& info = d.comp_info[c];
    RawPlane& plane = planes[static_cast<size_t>(c)];
    plane.width = static_cast<int>(info.width_in_blocks) * DCTSIZE;
    plane.height = static_cast<int>(d.total_iMCU_rows) * info.v_samp_factor * DCTSIZE;
    plane.samples.resize(static_cast<size_t>(plane.width * plane.height));
  }
  for (int mcu_row = 0; d.output_scanline < d.output_height; ++mcu_row) {
    JSAMPROW rows[4][4 * DCTSIZE];
    JSAMPARRAY arrays[4];
    for (int c = 0; c < d.num_components; ++c) {
      const int count = d.comp_info[c].v_samp_factor * DCTSIZE;
      RawPlane& plane = planes[static_cast<size_t>(c)];
      for (int y = 0; y < count; ++y)
        rows[c][y] = plane.samples.data() + (mcu_row * count + y) * plane.width;
      arrays[c] = rows[c];
    }
    jpeg_read_raw_data(&d, arrays, static_cast<JDIMENSION>(d.max_v_samp_factor * DCTSIZE));
  }
  return planes;
}

inline constexpr Size kJpegSizes[] = {{1, 1},  {7, 9},  {8, 8},   {17, 33},
                                      {1, 40}, {40, 1}, {130, 70}};

// Every way to write YCbCr planes that a consumer can take as they are.
inline std::vector<JpegRecipe> planar_recipes() {
  std::vector<JpegRecipe> out;
  const std::vector<JpegFactors> kinds = {{{1, 1}, {1, 1}, {1, 1}}, {{2, 1}, {1, 1}, {1, 1}},
                                          {{2, 2}, {1, 1}, {1, 1}}, {{1, 2}, {1, 1}, {1, 1}},
                                          {{4, 1}, {1, 1}, {1, 1}}, {{4, 2}, {1, 1}, {1, 1}},
                                          {{2, 2}, {2, 1}, {2, 1}}, {{1, 2}, {1, 2}, {1, 2}}};
  for (const JpegFactors& factors : kinds) out.push_back({.factors = factors});
  out.push_back({.is_progressive = true});
  out.push_back({.factors = {{2, 1}, {1, 1}, {1, 1}}, .is_progressive = true, .restart_blocks = 5});
  out.push_back({.is_progressive = true, .quality = 100, .is_noise = true});
  out.push_back({.is_arithmetic = true});
  out.push_back({.is_progressive = true, .is_arithmetic = true});
  for (const int blocks : {1, 3, 50}) out.push_back({.restart_blocks = blocks});
  out.push_back({.quality = 100, .is_noise = true});
  out.push_back({.restart_blocks = 9, .quality = 95, .is_noise = true, .is_optimized = true});
  out.push_back({.space = JCS_GRAYSCALE, .factors = {{1, 1}}});
  out.push_back({.space = JCS_GRAYSCALE, .factors = {{2, 2}}});
  out.push_back({.space = JCS_GRAYSCALE, .factors = {{1, 1}}, .is_progressive = true});
  return out;
}

}  // namespace imagemill
