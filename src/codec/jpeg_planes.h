// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "codec/jpeg.h"
#include "imagemill/image.h"

namespace imagemill {

// The picture in its own planes, n/8 (n = 1 to 6, or 8) of the file's size on each axis, by our own
// decoders. `codec` has read the header from a memory source and stays as it is. `scans_max`: of a
// progressive picture. Nullopt when libjpeg must do it: arithmetic coding, several scans of a
// sequential picture, neither grey nor YCbCr, anything odd about the data, or `stop`.
std::optional<Image> decode_jpeg_planes(const jpeg_decompress_struct& codec, int n, int scans_max,
                                        StopCheck& stop);

}  // namespace imagemill
