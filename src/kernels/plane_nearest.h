// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imagemill/status.h"
#include "kernels/plane_resize.h"

namespace imagemill {

// Result sample i shows the source sample whose area holds the point window.x + (i + 0.5) *
// window.width / dst_width; a point on the border of two takes the right one. Samples outside the
// plane repeat its edge. With equal sizes this is a copy.
Result<> nearest_plane(const PlaneGeometry& geometry, const PlaneInput& in, const PlaneOutput& out);

}  // namespace imagemill
