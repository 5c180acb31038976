// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/metadata.h"

namespace imagemill::codec_host {

// EXIF, XMP and IPTC as a PSD file holds them; OpenImageIO only gives their parsed values. What is
// broken is left out.
Metadata read_psd_metadata(ByteSpan file);

}  // namespace imagemill::codec_host
