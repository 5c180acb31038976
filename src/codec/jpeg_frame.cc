// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/jpeg_frame.h"

#include <span>

#include "codec/jpeg_blocks.h"

namespace imagemill {
namespace {

constexpr size_t kAlignment = 64;  // of rows

int divided_up(int a, int b) { return (a + b - 1) / b; }

size_t rounded_up(size_t a, size_t b) { return (a + b - 1) / b * b; }

bool set_quantization(const jpeg_decompress_struct& codec, int table,
                      std::array<int16_t, 64>& steps) {
  if (table < 0 || table >= NUM_QUANT_TBLS || codec.quant_tbl_ptrs[table] == nullptr) return false;
  for (size_t i = 0; i < steps.size(); ++i)
    steps[i] = static_cast<int16_t>(codec.quant_tbl_ptrs[table]->quantval[i]);
  return true;
}

}  // namespace

std::optional<JpegFrame> JpegFrame::make(const jpeg_decompress_struct& codec, int n) {
  const std::optional<PixelFormat> format = jpeg_plane_format(codec);
  if (!format) return std::nullopt;
  const auto image_width = static_cast<int>(codec.image_width);
  const auto image_height = static_cast<int>(codec.image_height);
  // A single component has MCUs of one block, whatever its factors say (T.81, A.2.2).
  const bool is_alone = codec.num_components == 1;
  const int across = is_alone ? 1 : codec.max_h_samp_factor;
  const int down = is_alone ? 1 : codec.max_v_samp_factor;
  if (kJpegGroupBlocks % static_cast<size_t>(across) != 0) return std::nullopt;

  JpegFrame frame{.n = n,
                  .channels = codec.num_components,
                  .mcus_across = divided_up(image_width, across * DCTSIZE),
                  .mcus_down = divided_up(image_height, down * DCTSIZE)};
  const int width = divided_up(image_width * n, DCTSIZE);
  const int height = divided_up(image_height * n, DCTSIZE);
  std::array<Plane, kMaxPlanes> planes{};
  std::array<size_t, 3> offsets{};
  size_t total = 0;
  for (size_t c = 0; c < static_cast<size_t>(frame.channels); ++c) {
    JpegFrameComponent& component = frame.components[c];
    const int shift_x = c == 0 ? 0 : format->chroma_shift_x;
    const int shift_y = c == 0 ? 0 : format->chroma_shift_y;
    component.across = across >> shift_x;
    component.down = down >> shift_y;
    component.blocks_across = divided_up(divided_up(image_width, 1 << shift_x), DCTSIZE);
    component.blocks_down = divided_up(divided_up(image_height, 1 << shift_y), DCTSIZE);
    if (!set_quantization(codec, codec.comp_info[c].quant_tbl_no, component.quantization))
      return std::nullopt;
    const size_t blocks =
        rounded_up(static_cast<size_t>(frame.mcus_across * component.across), kJpegGroupBlocks);
    const size_t stride = rounded_up(blocks * static_cast<size_t>(n), kAlignment);
    component.stride = static_cast<ptrdiff_t>(stride);
    planes[c] = {nullptr, component.stride, plane_width(*format, static_cast<int>(c), width),
                 plane_height(*format, static_cast<int>(c), height)};
    offsets[c] = total;
    total += stride * static_cast<size_t>(frame.mcus_down * component.down * n);
  }
  Result<std::shared_ptr<Buffer>> buffer = allocate_buffer(total);
  if (!buffer) return std::nullopt;
  for (size_t c = 0; c < static_cast<size_t>(frame.channels); ++c) {
    planes[c].data = (*buffer)->data + offsets[c];
    frame.components[c].pixels = reinterpret_cast<uint8_t*>(planes[c].data);
  }
  frame.image = Image::wrap(std::move(*buffer), width, height, *format, planes);
  return frame;
}

std::optional<JpegHuffmanTable> jpeg_huffman_table(JHUFF_TBL* const* tables, int number,
                                                   JpegCodeKind kind) {
  if (number < 0 || number >= NUM_HUFF_TBLS || tables[number] == nullptr) return std::nullopt;
  const JHUFF_TBL& table = *tables[number];
  return JpegHuffmanTable::make(std::span<const uint8_t, 16>(table.bits + 1, 16), table.huffval,
                                kind);
}

}  // namespace imagemill
