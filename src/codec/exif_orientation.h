// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "imagemill/image.h"

namespace imagemill {

// Tag 274 in the first directory of a TIFF stream ("II*\0..." or "MM\0*..."), as EXIF blocks are.
// kNormal when the stream is broken, has no such tag, or a value outside 1 to 8. A few comparisons:
// headers are read for every file, so no EXIF library is started for one number.
Orientation exif_orientation(ByteSpan exif);

// The block without the "Exif\0\0" that some writers leave before the TIFF stream.
ByteSpan without_exif_prefix(ByteSpan exif);

}  // namespace imagemill
