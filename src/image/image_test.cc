// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/image.h"

#include "support/status_matchers.h"

namespace imagemill {
namespace {

TEST(Image, chroma_planes_round_up) {
  const PixelFormat yuv420{SampleType::kU8, ColorModel::kYCbCr, false, 1, 1};
  ASSERT_OK_AND_ASSIGN(const Image image, Image::allocate(5, 3, yuv420));
  EXPECT_EQ(image.plane(0).width, 5);
  EXPECT_EQ(image.plane(1).width, 3);
  EXPECT_EQ(image.plane(2).height, 2);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(image.plane(1).data) % 64, 0u);
  EXPECT_EQ(to_string(image.format()), "ycbcr8 4:2:0");
}

TEST(Image, refuses_sizes_that_are_none_or_do_not_fit) {
  EXPECT_THAT(Image::allocate(0, 1, PixelFormat::rgb()), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(Image::allocate(1, -1, PixelFormat::rgb()), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(image_bytes(INT32_MAX, INT32_MAX, PixelFormat::rgb(SampleType::kF32, true)),
              FailsWith(Code::kResourceExhausted));
}

TEST(Image, crop_shares_pixels_and_clone_does_not) {
  ASSERT_OK_AND_ASSIGN(Image image, Image::allocate(4, 4, PixelFormat::gray()));
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 4; ++x)
      image.plane(0).row<uint8_t>(y)[x] = static_cast<uint8_t>(10 * y + x);
  const Image part = image.crop(1, 2, 3, 2);
  EXPECT_EQ(part.plane(0).row<uint8_t>(0)[0], 21);
  ASSERT_OK_AND_ASSIGN(const Image copy, part.clone());
  image.plane(0).row<uint8_t>(2)[1] = 99;
  EXPECT_EQ(part.plane(0).row<uint8_t>(0)[0], 99);
  EXPECT_EQ(copy.plane(0).row<uint8_t>(0)[0], 21);
  EXPECT_EQ(copy.width(), 3);
}

}  // namespace
}  // namespace imagemill
