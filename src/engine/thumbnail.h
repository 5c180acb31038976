// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/codec_set.h"
#include "jobs/view.h"

namespace imagemill {

struct SmallPicture {
  Bytes jpeg;
  Size size;  // of the picture it stands for, as it is seen
};

// A picture small enough for a page: upright, sRGB, on white, at most `side` pixels wide and high.
Result<SmallPicture> make_small(ByteSpan file, int side, const CodecSet& codecs,
                                const DecodeLimits& limits, ViewTools& tools);

}  // namespace imagemill
