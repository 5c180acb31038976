// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Which part of a picture goes where when it is resized: sharp's and CSS object-fit's vocabulary,
// and kohya's buckets.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

enum class Fit : uint8_t {
  kInside,   // as large as fits into the box, aspect kept
  kOutside,  // as small as covers the box, aspect kept
  kCover,    // fills the box, what hangs over is cut off
  kContain,  // fits into the box, the rest of the box is background
  kFill,     // stretched to the box
};

// Where the kept part (cover) or the picture (contain) lies: 0 = left / top, 0.5 = centre, 1 =
// right / bottom.
struct Position {
  double x = 0.5;
  double y = 0.5;
};

// "centre", "top", "right top" ...: sharp's words. nullopt for others.
std::optional<Position> position_from_name(std::string_view name);

// The whole geometry of one output, in pixels as the user sees them.
struct FitPlan {
  Size picture;         // size of the resized picture
  double window_x = 0;  // part of the source that is shown
  double window_y = 0;
  double window_width = 0;
  double window_height = 0;
  Size canvas;       // of the output; larger than `picture` only for kContain
  int offset_x = 0;  // of the picture on the canvas
  int offset_y = 0;
};

// `source` and `box` at least 1x1. With `may_enlarge` false no source pixel grows.
FitPlan plan_fit(Size source, Size box, Fit fit, Position position, bool may_enlarge);

struct BucketRule {
  int64_t area = 1024 * 1024;  // pixels a bucket may have
  int side_min = 256;
  int side_max = 2048;
  int step = 64;
  bool may_enlarge = true;
};

// The bucket list of kohya's sd-scripts: for each width from min to max by step the largest height
// within the area, and both ways round, sorted. Empty when the rule allows none.
std::vector<Size> make_buckets(const BucketRule& rule);

// The bucket of the source's own size, else the one whose aspect is nearest to the source's (the
// first of equals); the picture covers it,
// centre cut. Without enlarging, a source smaller than the area keeps its size, rounded down to the
// step.
FitPlan plan_bucket(Size source, const BucketRule& rule, std::span<const Size> buckets);

}  // namespace imagemill
