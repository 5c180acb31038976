// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/thumbnail.h"

#include "jobs/fit.h"
#include "kernels/alpha.h"

namespace imagemill {

Result<SmallPicture> make_small(ByteSpan file, int side, const CodecSet& codecs,
                                const DecodeLimits& limits, ViewTools& tools) {
  IMAGEMILL_ASSIGN_OR_RETURN(const ImageHeader header, codecs.read_header(file));
  const Size seen = oriented({header.width, header.height}, header.orientation);
  const FitPlan plan = plan_fit(seen, {side, side}, Fit::kInside, {}, false);
  const ViewRequest request{.size = plan.picture, .kernel = ResizeKernel::kLinear, .bits_max = 8};
  const DecodeRequest decode{.at_least = least_decode_size(header, {&request, 1}).value_or(Size{}),
                             .limits = limits};
  IMAGEMILL_ASSIGN_OR_RETURN(const Decoded decoded, codecs.decode(file, decode));
  std::optional<std::string> warning;
  IMAGEMILL_ASSIGN_OR_RETURN(Image view, make_view(decoded, request, tools, warning));
  IMAGEMILL_ASSIGN_OR_RETURN(view, flatten(view, {1, 1, 1}));
  IMAGEMILL_ASSIGN_OR_RETURN(
      Bytes jpeg, codecs.encoder_for(FileFormat::kJpeg)->encode(view, {.quality = 80}, {}));
  return SmallPicture{std::move(jpeg), seen};
}

}  // namespace imagemill
