// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace imagemill {

static void PrintTo(Size size, std::ostream* out) { *out << size.width << 'x' << size.height; }

namespace {

constexpr Position kCentre{};

TEST(PlanFit, inside_and_outside_keep_the_aspect) {
  EXPECT_EQ(plan_fit({4000, 3000}, {640, 640}, Fit::kInside, kCentre, false).picture,
            (Size{640, 480}));
  EXPECT_EQ(plan_fit({3000, 4000}, {640, 640}, Fit::kInside, kCentre, false).picture,
            (Size{480, 640}));
  EXPECT_EQ(plan_fit({4000, 3000}, {640, 640}, Fit::kOutside, kCentre, false).picture,
            (Size{853, 640}));
  EXPECT_EQ(plan_fit({100, 50}, {640, 640}, Fit::kInside, kCentre, false).picture, (Size{100, 50}));
  EXPECT_EQ(plan_fit({100, 50}, {640, 640}, Fit::kInside, kCentre, true).picture, (Size{640, 320}));
  EXPECT_EQ(plan_fit({100, 50}, {640, 640}, Fit::kOutside, kCentre, true).picture,
            (Size{1280, 640}));
  EXPECT_EQ(plan_fit({5000, 1}, {64, 64}, Fit::kInside, kCentre, false).picture, (Size{64, 1}));
}

TEST(PlanFit, inside_never_leaves_the_box_and_touches_it) {
  for (int width = 1; width < 900; width += 37)
    for (int height = 1; height < 900; height += 41) {
      const Size box{123, 77};
      const Size in = plan_fit({width, height}, box, Fit::kInside, kCentre, true).picture;
      EXPECT_TRUE(in.width <= box.width && in.height <= box.height);
      EXPECT_TRUE(in.width == box.width || in.height == box.height);
      const Size out = plan_fit({width, height}, box, Fit::kOutside, kCentre, true).picture;
      EXPECT_TRUE(out.width >= box.width && out.height >= box.height);
      EXPECT_TRUE(out.width == box.width || out.height == box.height);
    }
}

TEST(PlanFit, cover_cuts_what_hangs_over) {
  const FitPlan wide = plan_fit({200, 100}, {50, 50}, Fit::kCover, kCentre, true);
  EXPECT_EQ(wide.picture, (Size{50, 50}));
  EXPECT_EQ(wide.canvas, wide.picture);
  EXPECT_DOUBLE_EQ(wide.window_width, 100);
  EXPECT_DOUBLE_EQ(wide.window_height, 100);
  EXPECT_DOUBLE_EQ(wide.window_x, 50);
  const FitPlan tall = plan_fit({100, 200}, {50, 50}, Fit::kCover, {1, 1}, true);
  EXPECT_DOUBLE_EQ(tall.window_y, 100);
  EXPECT_DOUBLE_EQ(tall.window_x, 0);
  const FitPlan small = plan_fit({20, 10}, {50, 50}, Fit::kCover, kCentre, false);
  EXPECT_EQ(small.picture, (Size{20, 10}));
  const FitPlan line = plan_fit({1000, 50}, {100, 100}, Fit::kCover, {0, 0}, false);
  EXPECT_EQ(line.picture, (Size{100, 50}));
  EXPECT_DOUBLE_EQ(line.window_width, 100);
}

TEST(PlanFit, windows_stay_within_the_picture) {
  for (const Size source : {Size{1, 1}, Size{65500, 1}, Size{3, 65500}, Size{640, 479}})
    for (const Size box : {Size{1, 1}, Size{1, 65500}, Size{65500, 1}, Size{224, 225}})
      for (const Position at : {Position{0, 0}, Position{1, 1}, kCentre}) {
        const FitPlan plan = plan_fit(source, box, Fit::kCover, at, true);
        EXPECT_GE(plan.window_x, 0);
        EXPECT_GE(plan.window_y, 0);
        EXPECT_GT(plan.window_width, 0);
        EXPECT_GT(plan.window_height, 0);
        EXPECT_LE(plan.window_x + plan.window_width, source.width * (1 + 1e-12));
        EXPECT_LE(plan.window_y + plan.window_height, source.height * (1 + 1e-12));
      }
}

TEST(PlanFit, contain_fills_the_box) {
  const FitPlan plan = plan_fit({200, 100}, {60, 60}, Fit::kContain, kCentre, true);
  EXPECT_EQ(plan.canvas, (Size{60, 60}));
  EXPECT_EQ(plan.picture, (Size{60, 30}));
  EXPECT_EQ(plan.offset_y, 15);
  EXPECT_EQ(plan_fit({200, 100}, {60, 60}, Fit::kContain, {0, 1}, true).offset_y, 30);
  const FitPlan small = plan_fit({20, 10}, {60, 60}, Fit::kContain, kCentre, false);
  EXPECT_EQ(small.picture, (Size{20, 10}));
  EXPECT_EQ(small.offset_x, 20);
}

TEST(PlanFit, fill_stretches) {
  EXPECT_EQ(plan_fit({200, 100}, {60, 70}, Fit::kFill, kCentre, true).picture, (Size{60, 70}));
  EXPECT_EQ(plan_fit({200, 50}, {60, 70}, Fit::kFill, kCentre, false).picture, (Size{60, 50}));
}

TEST(Position, has_sharps_words) {
  EXPECT_EQ(position_from_name("centre")->x, 0.5);
  EXPECT_EQ(position_from_name("right top")->x, 1);
  EXPECT_EQ(position_from_name("right top")->y, 0);
  EXPECT_EQ(position_from_name("southwest")->x, 0);
  EXPECT_FALSE(position_from_name("middle").has_value());
}

// The rule as the training scripts' documentation tells it, written once more and plainly.
std::set<std::pair<int, int>> plain_buckets(int64_t area, int least, int most, int step) {
  std::set<std::pair<int, int>> out;
  const int side = static_cast<int>(std::floor(std::sqrt(static_cast<double>(area)) / step)) * step;
  out.insert({side, side});
  for (int width = least; width <= most; width += step) {
    const auto height = std::min<int64_t>(
        most,
        static_cast<int64_t>(std::floor(std::floor(static_cast<double>(area) / width) / step)) *
            step);
    if (height < least) continue;
    out.insert({width, static_cast<int>(height)});
    out.insert({static_cast<int>(height), width});
  }
  return out;
}

Size plain_choice(const std::set<std::pair<int, int>>& buckets, Size source) {
  if (buckets.contains({source.width, source.height})) return source;
  Size best;
  double least = HUGE_VAL;
  for (const auto& [width, height] : buckets) {
    const double error = std::abs(static_cast<double>(width) / height -
                                  static_cast<double>(source.width) / source.height);
    if (error < least) {
      least = error;
      best = {width, height};
    }
  }
  return best;
}

TEST(Buckets, are_those_of_the_training_scripts) {
  constexpr BucketRule kRules[] = {{},
                                   {512 * 512, 256, 1024, 64},
                                   {1024 * 1024, 256, 2048, 32},
                                   {1024 * 1024, 512, 768, 64},
                                   {768 * 512, 320, 960, 8},
                                   {70'000, 64, 500, 7}};
  for (const BucketRule& rule : kRules) {
    const auto expected = plain_buckets(rule.area, rule.side_min, rule.side_max, rule.step);
    const std::vector<Size> seen = make_buckets(rule);
    ASSERT_EQ(seen.size(), expected.size());
    size_t i = 0;
    for (const auto& [width, height] : expected) EXPECT_EQ(seen[i++], (Size{width, height}));
    for (int width = 40; width < 4000; width += 333)
      for (int height = 40; height < 4000; height += 271) {
        const FitPlan plan = plan_bucket({width, height}, rule, seen);
        EXPECT_EQ(plan.canvas, plain_choice(expected, {width, height})) << width << 'x' << height;
        // It covers the bucket, centre cut.
        EXPECT_NEAR(plan.window_width / plan.window_height,
                    static_cast<double>(plan.canvas.width) / plan.canvas.height, 1e-9);
        EXPECT_NEAR(plan.window_x * 2 + plan.window_width, width, 1e-9);
        EXPECT_NEAR(plan.window_y * 2 + plan.window_height, height, 1e-9);
      }
  }
}

TEST(Buckets, a_picture_that_has_a_buckets_size_keeps_it) {
  // 1024x1024 and 768x768 have one aspect.
  const BucketRule rule{1024 * 1024, 256, 768, 64};
  EXPECT_EQ(plan_bucket({1024, 1024}, rule, make_buckets(rule)).canvas, (Size{1024, 1024}));
  EXPECT_EQ(plan_bucket({768, 768}, rule, make_buckets(rule)).canvas, (Size{768, 768}));
}

TEST(Buckets, without_enlarging_sides_are_rounded_down) {
  BucketRule rule;
  rule.may_enlarge = false;
  const auto buckets = make_buckets(rule);
  EXPECT_EQ(plan_bucket({500, 333}, rule, buckets).canvas, (Size{448, 320}));
  EXPECT_EQ(plan_bucket({30, 333}, rule, buckets).canvas, (Size{30, 320}));
  for (const Size source : {Size{4000, 3000}, Size{3000, 4000}, Size{9000, 1000}}) {
    const Size size = plan_bucket(source, rule, buckets).canvas;
    EXPECT_EQ(size.width % 64, 0);
    EXPECT_EQ(size.height % 64, 0);
    EXPECT_LE(int64_t{size.width} * size.height, rule.area);
  }
}

TEST(Buckets, an_impossible_rule_has_none) {
  EXPECT_TRUE(make_buckets({.area = 100, .side_min = 256, .side_max = 512, .step = 64}).empty());
}

}  // namespace
}  // namespace imagemill
