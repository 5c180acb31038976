// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a file says about its picture besides the pixels. Blocks are carried verbatim, as their
// containers hold them.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "imagemill/image.h"

namespace imagemill {

struct Metadata {
  Bytes exif;  // a TIFF stream ("II*\0..." or "MM\0*..."), without the "Exif\0\0" that JPEG puts
               // before it
  Bytes xmp;   // an XMP packet, UTF-8
  Bytes iptc;  // an IPTC-IIM record (Photoshop resource 1028 in JPEG)
  std::shared_ptr<const Bytes> icc;
};

}  // namespace imagemill
