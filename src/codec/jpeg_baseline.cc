// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// From what libjpeg read in the header to what the scan decoder wants.
#include "codec/jpeg_baseline.h"

#include "codec/jpeg_scan.h"

namespace imagemill {
namespace {

bool is_one_scan(const jpeg_decompress_struct& codec) {
  for (int c = 0; c < codec.comps_in_scan; ++c)
    if (codec.cur_comp_info[c] != &codec.comp_info[c]) return false;
  return codec.comps_in_scan == codec.num_components && codec.Ss == 0 && codec.Se == 63 &&
         codec.Ah == 0 && codec.Al == 0;
}

// Components share tables, as they do in the file: fewer lines of cache.
using Tables = std::array<std::optional<JpegHuffmanTable>, NUM_HUFF_TBLS>;

const JpegHuffmanTable* find_table(Tables& tables, JHUFF_TBL* const* from, int number,
                                   JpegCodeKind kind) {
  if (number < 0 || number >= NUM_HUFF_TBLS) return nullptr;
  std::optional<JpegHuffmanTable>& table = tables[static_cast<size_t>(number)];
  if (!table) table = jpeg_huffman_table(from, number, kind);
  return table ? &*table : nullptr;
}

}  // namespace

bool decode_baseline_jpeg(const jpeg_decompress_struct& codec, const JpegFrame& frame,
                          StopCheck& stop) {
  if (!is_one_scan(codec)) return false;
  Tables dc, ac;
  std::array<JpegScanComponent, 3> components;
  const auto channels = static_cast<size_t>(frame.channels);
  for (size_t c = 0; c < channels; ++c) {
    const JpegFrameComponent& in = frame.components[c];
    const jpeg_component_info& info = codec.comp_info[c];
    components[c] = {
        .across = in.across,
        .down = in.down,
        .dc = find_table(dc, codec.dc_huff_tbl_ptrs, info.dc_tbl_no, JpegCodeKind::kDc),
        .ac = find_table(ac, codec.ac_huff_tbl_ptrs, info.ac_tbl_no, JpegCodeKind::kAc),
        .quantization = in.quantization.data(),
        .pixels = in.pixels,
        .stride = in.stride};
    if (components[c].dc == nullptr || components[c].ac == nullptr) return false;
  }
  return decode_jpeg_scan({.data = {reinterpret_cast<const std::byte*>(codec.src->next_input_byte),
                                    codec.src->bytes_in_buffer},
                           .mcus_across = frame.mcus_across,
                           .mcus_down = frame.mcus_down,
                           .restart_interval = static_cast<int>(codec.restart_interval),
                           .n = frame.n,
                           .components = std::span(components).first(channels),
                           .stop = &stop});
}

}  // namespace imagemill
