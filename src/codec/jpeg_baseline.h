// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/jpeg_frame.h"

namespace imagemill {

// Fills the frame's planes from a sequential picture of one scan. False when libjpeg must do it.
bool decode_baseline_jpeg(const jpeg_decompress_struct& codec, const JpegFrame& frame,
                          StopCheck& stop);

}  // namespace imagemill
