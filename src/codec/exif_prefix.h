// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "image/exif.h"

namespace imagemill {

// The block without the "Exif\0\0" that some writers leave before the TIFF stream.
ByteSpan without_exif_prefix(ByteSpan exif);

}  // namespace imagemill
