// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// TIFF directories read and written as such, without libtiff: pages are counted without decoding
// anything, and EXIF blocks, which are TIFF directories themselves, move between files.
#pragma once

#include "base/bytes.h"

namespace imagemill {

// Directories in the main chain, at least 1; counting stops at a loop, a broken link or 100,000.
int count_tiff_pages(ByteSpan tiff);

// The value of a tag in the first directory, in the file's byte order; empty when there is none.
ByteSpan find_tiff_tag(ByteSpan tiff, uint16_t tag);

// An EXIF block with what the first directory of a TIFF or BigTIFF file says about the camera and
// the shot: its descriptive tags, EXIF and GPS directories. Empty when it says nothing. Best
// effort: maker notes that hold offsets lose what these pointed to.
Bytes exif_from_tiff(ByteSpan tiff);

// A little-endian classic TIFF file with the EXIF block's tags in its first directory. The file as
// it was when the block is broken.
Bytes add_exif_to_tiff(Bytes tiff, ByteSpan exif);

}  // namespace imagemill
