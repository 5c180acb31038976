// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/codec.h"

namespace imagemill {

// The thumbnail in the EXIF block of a JPEG, in place of the picture: Decoded::header is the
// thumbnail's own, turned as the picture is. `header` and `request` are those of the picture;
// `decoder` is for JPEG.
//
// An error when there is none that can stand for it: kNotFound for one that is smaller than
// request.at_least (the whole picture when that is {0, 0}), larger than the picture, of another
// aspect ratio by more than 2 % (black bars) or beside a colour profile, which may hold for it or
// not; kCorruptInput and others for one with the least damage.
Result<Decoded> decode_exif_thumbnail(ByteSpan bytes, const ImageHeader& header,
                                      const DecodeRequest& request, const Decoder& decoder);

}  // namespace imagemill
