// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/jpeg_segments.h"

#include "codec/jpeg_frame.h"

namespace imagemill {
namespace {

constexpr int kHuffmanTables = 0xC4;
constexpr int kEndOfImage = 0xD9;
constexpr int kStartOfScan = 0xDA;
constexpr int kRestartInterval = 0xDD;
constexpr int kComment = 0xFE;

bool is_application_data(int marker) { return marker >= 0xE0 && marker <= 0xEF; }

}  // namespace

JpegSegments::JpegSegments(const jpeg_decompress_struct& codec)
    : codec_(codec), restart_interval_(static_cast<int>(codec.restart_interval)) {
  for (int i = 0; i < NUM_HUFF_TBLS; ++i) {
    dc_[static_cast<size_t>(i)] = jpeg_huffman_table(codec.dc_huff_tbl_ptrs, i, JpegCodeKind::kDc);
    ac_[static_cast<size_t>(i)] =
        jpeg_huffman_table(codec.ac_huff_tbl_ptrs, i, JpegCodeKind::kProgressiveAc);
  }
  scan_.count = codec.comps_in_scan;
  for (int i = 0; i < scan_.count; ++i) {
    const jpeg_component_info& info = *codec.cur_comp_info[i];
    scan_.components[static_cast<size_t>(i)] = {info.component_index, info.dc_tbl_no,
                                                info.ac_tbl_no};
  }
  scan_.first = codec.Ss;
  scan_.last = codec.Se;
  scan_.high = codec.Ah;
  scan_.low = codec.Al;
}

JpegSegments::Next JpegSegments::next(ByteSpan& data) {
  while (data.size() >= 2) {
    const uint8_t* p = as_u8(data);
    if (p[0] != 0xFF) return Next::kOdd;
    const int marker = p[1];
    if (marker == kEndOfImage) return Next::kEnd;
    if (data.size() < 4) return Next::kOdd;
    const size_t size = read_u16(p + 2, true);  // itself included
    if (size < 2 || size > data.size() - 2) return Next::kOdd;
    const ByteSpan segment = data.subspan(4, size - 2);
    data = data.subspan(2 + size);
    if (marker == kStartOfScan) return read_scan_header(segment) ? Next::kScan : Next::kOdd;
    if (marker == kRestartInterval && segment.size() == 2)
      restart_interval_ = read_u16(as_u8(segment), true);
    else if (marker == kHuffmanTables ? !read_huffman_tables(segment)
                                      : marker != kComment && !is_application_data(marker))
      return Next::kOdd;
  }
  return Next::kOdd;
}

bool JpegSegments::read_huffman_tables(ByteSpan segment) {
  while (segment.size() >= 17) {
    const uint8_t* p = as_u8(segment);
    const int kind = p[0] >> 4, number = p[0] & 15;
    if (kind > 1 || number >= NUM_HUFF_TBLS) return false;
    size_t symbols = 0;
    for (size_t i = 1; i <= 16; ++i) symbols += p[i];
    if (symbols > segment.size() - 17) return false;
    auto& table = (kind == 0 ? dc_ : ac_)[static_cast<size_t>(number)];
    table = JpegHuffmanTable::make(std::span<const uint8_t, 16>(p + 1, 16), {p + 17, symbols},
                                   kind == 0 ? JpegCodeKind::kDc : JpegCodeKind::kProgressiveAc);
    if (!table) return false;
    segment = segment.subspan(17 + symbols);
  }
  return segment.empty();
}

bool JpegSegments::read_scan_header(ByteSpan segment) {
  if (segment.empty()) return false;
  const uint8_t* p = as_u8(segment);
  JpegScanHeader scan{.count = p[0]};
  if (scan.count < 1 || scan.count > codec_.num_components || scan.count > 4 ||
      segment.size() != 4 + 2 * static_cast<size_t>(scan.count))
    return false;
  ++p;
  for (int i = 0; i < scan.count; ++i, p += 2) {
    int index = 0;
    while (index < codec_.num_components && codec_.comp_info[index].component_id != p[0]) ++index;
    const int dc = p[1] >> 4, ac = p[1] & 15;
    if (index == codec_.num_components || dc >= NUM_HUFF_TBLS || ac >= NUM_HUFF_TBLS) return false;
    // In the frame's order (T.81, B.2.3), so none twice.
    if (i > 0 && index <= scan.components[static_cast<size_t>(i - 1)].index) return false;
    scan.components[static_cast<size_t>(i)] = {index, dc, ac};
  }
  scan.first = p[0];
  scan.last = p[1];
  scan.high = p[2] >> 4;
  scan.low = p[2] & 15;
  scan_ = scan;
  return true;
}

}  // namespace imagemill
