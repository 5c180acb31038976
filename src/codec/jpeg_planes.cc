// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/jpeg_planes.h"

#include "codec/jpeg_baseline.h"
#include "codec/jpeg_frame.h"
#include "codec/jpeg_progressive.h"

namespace imagemill {

std::optional<Image> decode_jpeg_planes(const jpeg_decompress_struct& codec, int n, int scans_max,
                                        StopCheck& stop) {
  if (codec.arith_code || codec.data_precision != 8) return std::nullopt;
  std::optional<JpegFrame> frame = JpegFrame::make(codec, n);
  if (!frame) return std::nullopt;
  const bool is_whole = codec.progressive_mode
                            ? decode_progressive_jpeg(codec, *frame, scans_max, stop)
                            : decode_baseline_jpeg(codec, *frame, stop);
  if (!is_whole) return std::nullopt;
  return std::move(frame->image);
}

}  // namespace imagemill
