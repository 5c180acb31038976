// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/fit.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace imagemill {
namespace {

int rounded(double side) { return std::max(1, static_cast<int>(std::lround(side))); }

FitPlan whole_source(Size source, Size picture) {
  return {.picture = picture,
          .window_width = static_cast<double>(source.width),
          .window_height = static_cast<double>(source.height),
          .canvas = picture};
}

FitPlan scaled(Size source, double scale) {
  return whole_source(source, {rounded(source.width * scale), rounded(source.height * scale)});
}

// The largest window of the box's aspect, at `position`.
FitPlan cover(Size source, Size box, Position position) {
  FitPlan plan = whole_source(source, box);
  const double source_aspect = static_cast<double>(source.width) / source.height;
  const double box_aspect = static_cast<double>(box.width) / box.height;
  if (source_aspect > box_aspect) {
    plan.window_width = source.height * box_aspect;
    plan.window_x = (source.width - plan.window_width) * position.x;
  } else {
    plan.window_height = source.width / box_aspect;
    plan.window_y = (source.height - plan.window_height) * position.y;
  }
  return plan;
}

}  // namespace

std::optional<Position> position_from_name(std::string_view name) {
  struct Row {
    std::string_view name;
    Position position;
  };
  static constexpr std::array kRows = {
      Row{"centre", {0.5, 0.5}}, Row{"center", {0.5, 0.5}},  Row{"top", {0.5, 0}},
      Row{"right top", {1, 0}},  Row{"right", {1, 0.5}},     Row{"right bottom", {1, 1}},
      Row{"bottom", {0.5, 1}},   Row{"left bottom", {0, 1}}, Row{"left", {0, 0.5}},
      Row{"left top", {0, 0}},   Row{"north", {0.5, 0}},     Row{"northeast", {1, 0}},
      Row{"east", {1, 0.5}},     Row{"southeast", {1, 1}},   Row{"south", {0.5, 1}},
      Row{"southwest", {0, 1}},  Row{"west", {0, 0.5}},      Row{"northwest", {0, 0}},
  };
  const auto* it = std::ranges::find(kRows, name, &Row::name);
  return it == kRows.end() ? std::nullopt : std::optional(it->position);
}

FitPlan plan_fit(Size source, Size box, Fit fit, Position position, bool may_enlarge) {
  const double across = static_cast<double>(box.width) / source.width;
  const double down = static_cast<double>(box.height) / source.height;
  const double limit = may_enlarge ? HUGE_VAL : 1.0;
  switch (fit) {
    case Fit::kInside:
      return scaled(source, std::min({across, down, limit}));
    case Fit::kOutside:
      return scaled(source, std::min(std::max(across, down), limit));
    case Fit::kFill:
      return whole_source(source, may_enlarge ? box
                                              : Size{std::min(box.width, source.width),
                                                     std::min(box.height, source.height)});
    case Fit::kCover: {
      if (may_enlarge || std::max(across, down) <= 1) return cover(source, box, position);
      // What cannot grow is only cut.
      return cover(source, {std::min(box.width, source.width), std::min(box.height, source.height)},
                   position);
    }
    case Fit::kContain: {
      FitPlan plan = scaled(source, std::min({across, down, limit}));
      plan.canvas = box;
      plan.picture = {std::min(plan.picture.width, box.width),
                      std::min(plan.picture.height, box.height)};
      plan.offset_x = static_cast<int>((box.width - plan.picture.width) * position.x);
      plan.offset_y = static_cast<int>((box.height - plan.picture.height) * position.y);
      return plan;
    }
  }
  return whole_source(source, source);
}

std::vector<Size> make_buckets(const BucketRule& rule) {
  std::vector<Size> buckets;
  const auto add = [&](Size size) {
    if (std::ranges::find(buckets, size) == buckets.end()) buckets.push_back(size);
  };
  const int square =
      static_cast<int>(std::sqrt(static_cast<double>(rule.area))) / rule.step * rule.step;
  if (square >= 1) add({square, square});
  for (int width = rule.side_min; width <= rule.side_max; width += rule.step) {
    const int64_t height =
        std::min<int64_t>(rule.side_max, rule.area / width / rule.step * rule.step);
    if (height < rule.side_min) continue;
    add({width, static_cast<int>(height)});
    add({static_cast<int>(height), width});
  }
  std::ranges::sort(buckets, [](Size a, Size b) {
    return a.width != b.width ? a.width < b.width : a.height < b.height;
  });
  return buckets;
}

FitPlan plan_bucket(Size source, const BucketRule& rule, std::span<const Size> buckets) {
  const double aspect = static_cast<double>(source.width) / source.height;
  if (!rule.may_enlarge) {
    Size size = source;
    if (static_cast<int64_t>(source.width) * source.height > rule.area) {
      const double scale = std::sqrt(static_cast<double>(rule.area) /
                                     (static_cast<double>(source.width) * source.height));
      size = {static_cast<int>(source.width * scale + 0.5),
              static_cast<int>(source.height * scale + 0.5)};
    }
    const Size bucket = {std::max(rule.step, size.width / rule.step * rule.step),
                         std::max(rule.step, size.height / rule.step * rule.step)};
    return cover(
        source, {std::min(bucket.width, source.width), std::min(bucket.height, source.height)}, {});
  }
  const auto error = [&](Size b) {
    return std::abs(static_cast<double>(b.width) / b.height - aspect);
  };
  // Of buckets with one aspect, the picture's own size comes first.
  auto best = std::ranges::find(buckets, source);
  if (best == buckets.end()) best = std::ranges::min_element(buckets, {}, error);
  return cover(source, *best, {});
}

}  // namespace imagemill
