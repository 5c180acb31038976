// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/input_tensor.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/half.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

// What a network gets of value 0..1, computed from the manifest's words.
double expected(const ModelInput& input, int channel, double value) {
  const auto c = static_cast<size_t>(channel);
  return (std::round(value * 255) * input.scale - input.mean[c]) / input.stddev[c];
}

// A value for each channel (red, green, blue) and place.
float painted_value(int channel, int x, int y) {
  return static_cast<float>(channel * 80 + (x * 7 + y * 3) % 75) / 255;
}

void paint(Image& picture) {
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < picture.height(); ++y)
      for (int x = 0; x < picture.width(); ++x)
        picture.plane(c).row<float>(y)[x] = painted_value(c, x, y);
}

float element(ElementType type, const std::byte* at) {
  if (type == ElementType::kF16) return half_to_float(*reinterpret_cast<const uint16_t*>(at));
  if (type == ElementType::kU8) return static_cast<float>(*reinterpret_cast<const uint8_t*>(at));
  return *reinterpret_cast<const float*>(at);
}

TEST(InputTensor, holds_what_the_manifest_says_in_every_layout_type_and_fit) {
  for (const InputLayout layout : {InputLayout::kNchw, InputLayout::kNhwc})
    for (const InputColor color : {InputColor::kRgb, InputColor::kBgr})
      for (const InputFit fit : {InputFit::kSquash, InputFit::kPad})
        for (const ElementType type : {ElementType::kF32, ElementType::kF16, ElementType::kU8}) {
          ModelInput input{.layout = layout,
                           .width = 13,
                           .height = 9,
                           .color = color,
                           .fit = fit,
                           .pad_value = 114};
          if (type == ElementType::kU8) {
            input.scale = 1;
            input.mean = {};
            input.stddev = {1, 1, 1};
          }
          SCOPED_TRACE(fmt::format("{} {} {} {}", name_of(layout), name_of(color), name_of(fit),
                                   element_name(type)));
          std::vector<std::byte> row(3 * 13 * 9 * element_bytes(type));
          const InputPlacement place = place_picture(40, 10, input);
          auto tensor = InputTensor::over(input, place, type, row);
          ASSERT_THAT(tensor, IsOk());
          paint(tensor->picture());
          tensor->finish();
          for (int c = 0; c < 3; ++c) {
            const int of_picture = color == InputColor::kRgb ? c : 2 - c;
            for (int y = 0; y < 9; ++y)
              for (int x = 0; x < 13; ++x) {
                const bool is_shown = x >= place.left && x < place.left + place.width &&
                                      y >= place.top && y < place.top + place.height;
                const double value = is_shown
                                         ? painted_value(of_picture, x - place.left, y - place.top)
                                         : 114.0 / 255;
                const size_t at = layout == InputLayout::kNchw
                                      ? static_cast<size_t>((c * 9 + y) * 13 + x)
                                      : static_cast<size_t>((y * 13 + x) * 3 + c);
                EXPECT_NEAR(element(type, &row[at * element_bytes(type)]),
                            expected(input, c, value), type == ElementType::kF16 ? 2e-3 : 1e-5);
              }
          }
        }
}

TEST(InputTensor, other_numbers_are_refused) {
  std::vector<std::byte> row(3 * 224 * 224 * 8);
  const ModelInput input;
  EXPECT_THAT(InputTensor::over(input, place_picture(10, 10, input), ElementType::kI64, row),
              FailsWith(Code::kUnsupported, testing::HasSubstr("int64")));
}

// Numbers of torchvision.transforms: Resize(256) makes 341x256 of 640x480 and 256x341 of 480x640;
// CenterCrop(224) then begins at round(58.5) = 58 (half to even) and 16.
TEST(PlacePicture, crops_as_torchvision_does) {
  const ModelInput input{.width = 224, .height = 224, .fit = InputFit::kCrop, .resize = 256};
  const InputPlacement wide = place_picture(640, 480, input);
  EXPECT_DOUBLE_EQ(wide.x, 58 * 640.0 / 341);
  EXPECT_DOUBLE_EQ(wide.y, 16 * 480.0 / 256);
  EXPECT_DOUBLE_EQ(wide.shown_width, 224 * 640.0 / 341);
  EXPECT_DOUBLE_EQ(wide.shown_height, 224 * 480.0 / 256);
  const InputPlacement tall = place_picture(480, 640, input);
  EXPECT_DOUBLE_EQ(tall.x, wide.y);
  EXPECT_DOUBLE_EQ(tall.y, wide.x);
  EXPECT_EQ(tall.width, 224);
  EXPECT_EQ(tall.left, 0);
}

TEST(PlacePicture, pads_the_shorter_side_evenly) {
  const ModelInput input{.width = 100, .height = 100, .fit = InputFit::kPad};
  const InputPlacement wide = place_picture(400, 100, input);
  EXPECT_EQ(wide.width, 100);
  EXPECT_EQ(wide.height, 25);
  EXPECT_EQ(wide.left, 0);
  EXPECT_EQ(wide.top, 37);
  EXPECT_EQ(wide.shown_width, 400);
  const InputPlacement thread = place_picture(1, 5000, input);
  EXPECT_EQ(thread.width, 1);
  EXPECT_EQ(thread.height, 100);
}

TEST(PlacePicture, stays_within_the_picture) {
  const ModelInput input{.width = 224, .height = 224, .fit = InputFit::kCrop, .resize = 224};
  for (const auto& [w, h] : {std::pair{1, 1}, {224, 224}, {225, 224}, {5000, 3}, {3, 5000}}) {
    const InputPlacement p = place_picture(w, h, input);
    EXPECT_GE(p.x, 0);
    EXPECT_GE(p.y, 0);
    EXPECT_LE(p.x + p.shown_width, w + 1e-9);
    EXPECT_LE(p.y + p.shown_height, h + 1e-9);
  }
}

}  // namespace
}  // namespace imagemill
