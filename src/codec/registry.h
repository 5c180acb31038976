// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// One factory a codec, defined in the codec's own file. registry.cc is the only list of them.
#pragma once

#include "codec/codec.h"

namespace imagemill {

const Decoder* jpeg_decoder();
const Encoder* jpeg_encoder();
const Decoder* png_decoder();
const Encoder* png_encoder();
const Decoder* webp_decoder();
const Encoder* webp_encoder();
const Decoder* tiff_decoder();
const Encoder* tiff_encoder();

// "libpng 1.6.39": the library behind a codec, as it is loaded.
std::string jpeg_library();
std::string png_library();
std::string webp_library();
std::string tiff_library();
// Those of all codecs in this process.
std::vector<std::string> codec_libraries();

}  // namespace imagemill
