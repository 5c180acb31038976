// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the JPEG decoder and encoder share around libjpeg-turbo: errors as values, warnings sorted
// by how bad they are.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdio>  // jpeglib.h needs FILE

#include <jpeglib.h>

#include <optional>
#include <string>
#include <vector>

#include "codec/stop_check.h"
#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

// libjpeg reports through callbacks and leaves by longjmp. Everything between setjmp and the jump
// must be trivially destructible or owned outside the function that calls setjmp.
struct JpegErrors {
  jpeg_error_mgr base;  // first: libjpeg hands us a pointer to it
  std::jmp_buf on_fatal;

  bool is_truncated = false;  // the data ended before the picture did
  bool is_empty = false;      // it ended within the first row of blocks: there is no picture
  bool is_damaged = false;    // data inside the picture was broken
  bool is_cut_short = false;  // we stopped it: a limit
  int fatal_code = 0;         // libjpeg's own number
  std::string fatal_message;
  std::vector<std::string> warnings;  // at most 8
  StopCheck* stop_check = nullptr;    // asked between rows and scans

  // Fills `base` with callbacks that write here. The object must stay where it is while libjpeg
  // uses it.
  jpeg_error_mgr* attach();
  // Ends the libjpeg call under way with a limit error.
  [[noreturn]] void stop(std::string why);
  Status status() const;
};

// The planes that the picture in `codec` is made of, from the size of each component's blocks: 8 x
// 8 unless jpeg_calc_output_dimensions() chose others. Nullopt when it is neither grey nor YCbCr,
// or when chroma is no 1, 2 or 4 times coarser than luma.
std::optional<PixelFormat> jpeg_plane_format(const jpeg_decompress_struct& codec);

// The markers that carry metadata begin with these bytes (XMP's: jpeg_xmp.h).
inline constexpr std::string_view kJpegExifPrefix{"Exif\0\0", 6};
inline constexpr std::string_view kJpegPhotoshopPrefix{"Photoshop 3.0\0", 14};

}  // namespace imagemill
