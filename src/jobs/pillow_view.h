// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Views for networks that are to see what their training saw: Resampling::kPillow.
#pragma once

#include "jobs/view.h"

namespace imagemill {

// `window` of the picture in sRGB, on white where it is transparent, as 8-bit RGB. Neither turned
// nor mirrored, but resized as if it had been before. `transform` makes the picture's rows sRGB;
// null: they are. Errors: kResourceExhausted.
Result<Image> make_pillow_view(const Image& image, Orientation orientation,
                               const ResizeTarget& window, ResizeKernel kernel,
                               const ColorTransform* transform, ViewTools& tools);

// Most bytes that it takes, its result included.
uint64_t pillow_view_bytes(const ImageHeader& header, const ResizeTarget& window,
                           ResizeKernel kernel);

}  // namespace imagemill
