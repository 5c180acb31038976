// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// From what libjpeg read in the header to what the scan decoder wants.
#include "codec/jpeg_baseline.h"

#include <array>
#include <span>

#include "codec/jpeg_scan.h"

namespace imagemill {
namespace {

constexpr size_t kAlignment = 64;  // of rows

using QuantizationSteps = std::array<int16_t, 64>;

bool is_one_baseline_scan(const jpeg_decompress_struct& codec) {
  for (int c = 0; c < codec.comps_in_scan; ++c)
    if (codec.cur_comp_info[c] != &codec.comp_info[c]) return false;
  return !codec.progressive_mode && !codec.arith_code && codec.data_precision == 8 &&
         codec.comps_in_scan == codec.num_components && codec.Ss == 0 && codec.Se == 63 &&
         codec.Ah == 0 && codec.Al == 0;
}

// In natural order, as libjpeg keeps them. Nullopt when the file has no such table.
std::optional<QuantizationSteps> quantization_of(const jpeg_decompress_struct& codec, int table) {
  if (table < 0 || table >= NUM_QUANT_TBLS || codec.quant_tbl_ptrs[table] == nullptr)
    return std::nullopt;
  QuantizationSteps steps;
  for (size_t i = 0; i < steps.size(); ++i)
    steps[i] = static_cast<int16_t>(codec.quant_tbl_ptrs[table]->quantval[i]);
  return steps;
}

std::optional<JpegHuffmanTable> huffman_of(JHUFF_TBL* const* tables, int table, bool is_dc) {
  if (table < 0 || table >= NUM_HUFF_TBLS || tables[table] == nullptr) return std::nullopt;
  const JHUFF_TBL& t = *tables[table];
  return JpegHuffmanTable::make(std::span<const uint8_t, 16>(t.bits + 1, 16), t.huffval, is_dc);
}

// What the scan's components point to. Components share tables, as they do in the file: fewer lines
// of cache.
struct Tables {
  std::array<std::optional<JpegHuffmanTable>, NUM_HUFF_TBLS> dc, ac;
  std::array<QuantizationSteps, 3> quantization;
};

// Points `component` to its tables. False when the file lacks one or one cannot be.
bool set_tables(const jpeg_decompress_struct& codec, int c, Tables& tables,
                JpegScanComponent& component) {
  const jpeg_component_info& info = codec.comp_info[c];
  const auto add = [](auto& kind, JHUFF_TBL* const* from, int number,
                      bool is_dc) -> const JpegHuffmanTable* {
    if (number < 0 || number >= NUM_HUFF_TBLS) return nullptr;
    auto& table = kind[static_cast<size_t>(number)];
    if (!table) table = huffman_of(from, number, is_dc);
    return table ? &*table : nullptr;
  };
  component.dc = add(tables.dc, codec.dc_huff_tbl_ptrs, info.dc_tbl_no, true);
  component.ac = add(tables.ac, codec.ac_huff_tbl_ptrs, info.ac_tbl_no, false);
  const auto steps = quantization_of(codec, info.quant_tbl_no);
  if (component.dc == nullptr || component.ac == nullptr || !steps) return false;
  tables.quantization[static_cast<size_t>(c)] = *steps;
  component.quantization = tables.quantization[static_cast<size_t>(c)].data();
  return true;
}

int divided_up(int a, int b) { return (a + b - 1) / b; }

}  // namespace

std::optional<Image> decode_baseline_jpeg(const jpeg_decompress_struct& codec, int n,
                                          std::chrono::steady_clock::time_point deadline) {
  const std::optional<PixelFormat> format = jpeg_plane_format(codec);
  if (!format || !is_one_baseline_scan(codec)) return std::nullopt;
  const int channels = codec.num_components;
  const auto image_width = static_cast<int>(codec.image_width);
  const auto image_height = static_cast<int>(codec.image_height);
  // A scan of one component has MCUs of one block, whatever its factors say (T.81, A.2.2).
  const int across = channels == 1 ? 1 : codec.max_h_samp_factor;
  const int down = channels == 1 ? 1 : codec.max_v_samp_factor;
  // Groups of 16 blocks must fill evenly.
  if (across == 3) return std::nullopt;
  JpegScan scan{.data = {reinterpret_cast<const std::byte*>(codec.src->next_input_byte),
                         codec.src->bytes_in_buffer},
                .mcus_across = divided_up(image_width, across * DCTSIZE),
                .mcus_down = divided_up(image_height, down * DCTSIZE),
                .restart_interval = static_cast<int>(codec.restart_interval),
                .n = n,
                .deadline = deadline};

  Tables tables;
  std::array<JpegScanComponent, 3> components;
  std::array<Plane, kMaxPlanes> planes{};
  std::array<size_t, 3> offsets{};
  size_t total = 0;
  const int width = divided_up(image_width * n, DCTSIZE);
  const int height = divided_up(image_height * n, DCTSIZE);
  for (int c = 0; c < channels; ++c) {
    const auto i = static_cast<size_t>(c);
    JpegScanComponent& component = components[i];
    component.across = across >> (c == 0 ? 0 : format->chroma_shift_x);
    component.down = down >> (c == 0 ? 0 : format->chroma_shift_y);
    if (!set_tables(codec, c, tables, component)) return std::nullopt;
    const auto blocks =
        static_cast<size_t>(scan.mcus_across) * static_cast<size_t>(component.across);
    const auto rows = static_cast<size_t>(scan.mcus_down) * static_cast<size_t>(component.down * n);
    const size_t stride =
        (jpeg_plane_columns(blocks, n) + kAlignment - 1) / kAlignment * kAlignment;
    component.stride = static_cast<ptrdiff_t>(stride);
    planes[i] = {nullptr, component.stride, plane_width(*format, c, width),
                 plane_height(*format, c, height)};
    offsets[i] = total;
    total += stride * rows;
  }
  Result<std::shared_ptr<Buffer>> buffer = allocate_buffer(total);
  if (!buffer) return std::nullopt;
  for (size_t i = 0; i < static_cast<size_t>(channels); ++i) {
    planes[i].data = (*buffer)->data + offsets[i];
    components[i].pixels = reinterpret_cast<uint8_t*>(planes[i].data);
  }
  scan.components = std::span(components).first(static_cast<size_t>(channels));
  if (!decode_jpeg_scan(scan)) return std::nullopt;
  return Image::wrap(std::move(*buffer), width, height, *format, planes);
}

}  // namespace imagemill
