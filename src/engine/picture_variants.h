// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "codec/codec_set.h"
#include "jobs/view.h"

namespace imagemill {

struct PictureVariant {
  std::string_view name;
  std::string_view description;
};

// In the order in which make_variants() makes them. The first is the file as it is.
std::span<const PictureVariant> picture_variants();

// Hands over each variant of a picture as a file, with its extension. Up to 4 megapixels they are
// PNGs, but for those whose point is JPEG; larger ones are JPEGs of quality 95 without chroma
// subsampling, whose loss is gone once a picture is as small as a network wants it.
Result<> make_variants(ByteSpan file, const CodecSet& codecs, ViewTools& tools,
                       const std::function<Result<>(size_t variant, std::string_view extension,
                                                    ByteSpan bytes)>& take);

}  // namespace imagemill
