// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Progressive JPEGs (ITU-T T.81, annex G). What costs time in them is not the data but the memory
// that every scan goes over: libjpeg keeps all coefficients. For a reduced picture only the lowest
// n x n of a block are kept here, and of the others one bit each: whether they are zero, which is
// all that later scans must know.
#pragma once

#include "codec/jpeg_frame.h"

namespace imagemill {

// Fills the frame's planes from a progressive picture whose scans are in order and complete; reads
// `scans_max` at most. False when libjpeg must do it.
bool decode_progressive_jpeg(const jpeg_decompress_struct& codec, const JpegFrame& frame,
                             int scans_max, StopCheck& stop);

}  // namespace imagemill
