// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/codec_set.h"

namespace imagemill {

// What `--format keep` writes for a picture of this format: the same where it can be written; else
// JPEG, or PNG where alpha would be lost or the format is one of flat colours (GIF, BMP).
FileFormat kept_format(const CodecSet& codecs, FileFormat format, bool has_alpha);

// Peak bytes that encoding takes beyond the picture, which has `size` and `format`.
uint64_t encode_bytes(FileFormat output, Size size, const PixelFormat& format);

}  // namespace imagemill
