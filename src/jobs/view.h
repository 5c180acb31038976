// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A view is what a job wants to see of a picture: how large, which part, in which colours. Views of
// all jobs are served from one decode, at the smallest scale that is large enough for each of them.
#pragma once

#include <optional>
#include <span>

#include "codec/codec.h"
#include "imagemill/image.h"
#include "kernels/color_convert.h"
#include "kernels/resize.h"

namespace imagemill {

enum class ViewColor : uint8_t {
  kAsStored,  // own colour model and profile; YCbCr as 4:2:0 planes
  kSrgb,  // sRGB: YCbCr planes (4:2:0) when the file is sRGB in YCbCr, else RGB or grey, in its own
          // depth
  kAsStoredRgb,  // likewise, but RGB instead of YCbCr
  kSrgbRgb,      // sRGB in RGB or grey planes, in its own depth: for encoders without YCbCr
  kLuma,         // 8-bit grey: Y of YCbCr, else BT.601 luma of the sRGB picture; for measures
  kRgbFloat,     // float32 RGB planes, 0..1, sRGB: a network's tensor
};

enum class Resampling : uint8_t {
  kDirect,  // in one go from the decoded planes, which may be smaller than the picture
  kPillow,  // from a full decode, what libjpeg, Pillow and torchvision make of it, bit by bit; see
            // pillow_resize.h. For kRgbFloat of 8 bits.
};

struct ViewRequest {
  Size size;  // as the user sees it: after EXIF orientation
  // The part of the picture that fills it, in full-resolution pixels as the user sees them; width
  // 0: all of it.
  double window_x = 0;
  double window_y = 0;
  double window_width = 0;
  double window_height = 0;
  ViewColor color = ViewColor::kSrgb;
  ResizeKernel kernel = ResizeKernel::kLanczos3;
  Resampling resampling = Resampling::kDirect;
  // Least ratio of the decoded picture's size to this view's, where the file has as much. Networks
  // ask for 2.
  double oversampling = 1;
  // Most bits a sample may have: 8 turns 16-bit and float pictures into 8-bit ones.
  int bits_max = 16;
  // Fewest: 16 widens 8-bit pictures.
  int bits_min = 8;

  bool operator==(const ViewRequest&) const = default;
};

// Everything needed to make views; one a run, shared by all threads.
struct ViewTools {
  Resizer resizer{};
  ColorTransformCache colors{};
};

// The smallest decode that serves all requests, for DecodeRequest::at_least (stored raster). {0, 0}
// when a full decode is needed, nullopt when there are no requests.
std::optional<Size> least_decode_size(const ImageHeader& header,
                                      std::span<const ViewRequest> requests);

// Peak bytes of make_view beyond the decoded picture, its result included.
uint64_t view_bytes(const ImageHeader& header, const ViewRequest& request);

// The view in display orientation. Its color says what it is now. `warning` tells when something
// was assumed (a broken profile). Errors: kResourceExhausted, kUnsupported.
Result<Image> make_view(const Decoded& decoded, const ViewRequest& request, ViewTools& tools,
                        std::optional<std::string>& warning);

// The same into planes that the caller laid out (a row of a tensor), without a copy in between
// where colours and orientation allow. `out` has the request's size; its format is float RGB and
// the request's colour kRgbFloat. Transparency ends on white.
Result<> make_view_into(const Decoded& decoded, const ViewRequest& request, ViewTools& tools,
                        Image& out, std::optional<std::string>& warning);

}  // namespace imagemill
