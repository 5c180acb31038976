// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/resize.h"

#include <thread>

#include "kernels/resize_ref.h"
#include "kernels/test_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using enum SampleType;
constexpr ResizeKernel kKernels[] = {ResizeKernel::kLanczos3, ResizeKernel::kCubic,
                                     ResizeKernel::kLinear, ResizeKernel::kNearest};

struct Case {
  int from_w, from_h, to_w, to_h;
};

ResizeTarget target(int width, int height, PixelFormat format) {
  ResizeTarget t;
  t.width = width;
  t.height = height;
  t.format = format;
  return t;
}

// The worst difference to the reference over kernels and shapes, in units of white.
double worst(PixelFormat from, PixelFormat to, double low, double high) {
  static constexpr Case kCases[] = {{1, 1, 1, 1},     {1, 1, 7, 5},    {1, 9, 3, 2},
                                    {9, 1, 2, 3},     {2, 2, 1, 1},    {31, 33, 16, 15},
                                    {64, 48, 63, 49}, {65, 47, 20, 9}, {13, 11, 40, 37},
                                    {17, 16, 17, 16}, {90, 7, 3, 7}};
  Resizer resizer;
  double largest = 0;
  for (const Case& c : kCases) {
    const Image src = noise_image(c.from_w, c.from_h, from, low, high);
    for (const ResizeKernel kernel : kKernels) {
      const auto t = target(c.to_w, c.to_h, to);
      const auto out = resizer.resize(src, t, kernel);
      const auto expected = resize_ref(src, t, kernel);
      EXPECT_THAT(out, IsOk());
      if (!out || !expected) return 3;
      const double difference = max_difference(*out, *expected);
      largest = std::max(largest, difference);
      if (difference > 1.5 / 255)
        ADD_FAILURE() << to_string(from) << " to " << to_string(to) << ", " << c.from_w << "x"
                      << c.from_h << " to " << c.to_w << "x" << c.to_h << ", kernel "
                      << static_cast<int>(kernel) << ": " << difference * 255;
    }
  }
  return largest;
}

// Noise between a quarter and three quarters: no kernel overshoots the range.
double worst_inside(PixelFormat from, PixelFormat to) { return worst(from, to, 0.25, 0.75); }

constexpr double kStep8 = 1.0001 / 255;
constexpr double kStep16 = 1.0001 / 65535;

TEST(Resize, eight_bits_within_one_step_of_the_reference) {
  EXPECT_LE(worst_inside(PixelFormat::gray(), PixelFormat::gray()), kStep8);
  EXPECT_LE(worst_inside(PixelFormat::rgb(), PixelFormat::rgb()), kStep8);
  EXPECT_LE(worst_inside(PixelFormat::rgb(), PixelFormat::gray()), kStep8);
  EXPECT_LE(worst_inside(PixelFormat::gray(), PixelFormat::rgb()), kStep8);
  EXPECT_LE(worst_inside(ycbcr(kU8, 0, 0), PixelFormat::gray()), kStep8);
  EXPECT_LE(worst_inside({kU8, ColorModel::kCmyk}, {kU8, ColorModel::kCmyk}), kStep8);
}

TEST(Resize, every_subsampling_to_every_other_within_one_step) {
  for (const int from : {0, 1, 3, 2})
    for (const int to : {0, 1, 3})
      EXPECT_LE(
          worst_inside(ycbcr(kU8, from & 1 ? 1 : from, from >> 1), ycbcr(kU8, to & 1, to >> 1)),
          kStep8)
          << from << " to " << to;
  EXPECT_LE(worst_inside(ycbcr(kU8, 2, 0), ycbcr(kU8, 1, 1)), kStep8);
}

TEST(Resize, colour_conversions_within_one_step) {
  EXPECT_LE(worst_inside(ycbcr(kU8, 1, 1), PixelFormat::rgb()), 1.0001 / 255);
  EXPECT_LE(worst_inside(ycbcr(kU8, 0, 0), PixelFormat::rgb(kF32)), 0.1 / 255);
  EXPECT_LE(worst_inside(PixelFormat::rgb(), ycbcr(kU8, 1, 1)), kStep8);
  EXPECT_LE(worst_inside(PixelFormat::rgb(), ycbcr(kU8, 1, 0)), kStep8);
  EXPECT_LE(worst_inside(PixelFormat::gray(), ycbcr(kU8, 1, 1)), kStep8);
  EXPECT_LE(worst_inside(PixelFormat::rgb(kU16), ycbcr(kU16, 1, 1)), 2 * kStep16);
}

TEST(Resize, depth_changes_keep_the_precision_of_the_target) {
  EXPECT_LE(worst_inside(PixelFormat::rgb(), PixelFormat::rgb(kF32)), 0.05 / 255);
  EXPECT_LE(worst_inside(PixelFormat::rgb(), PixelFormat::rgb(kU16)), 0.05 / 255);
  EXPECT_LE(worst_inside(PixelFormat::rgb(kU16), PixelFormat::rgb(kU16)), kStep16);
  EXPECT_LE(worst_inside(PixelFormat::rgb(kU16), PixelFormat::rgb()), kStep8);
  EXPECT_LE(worst_inside(PixelFormat::rgb(kU16), PixelFormat::rgb(kF32)), 1e-6);
  EXPECT_LE(worst_inside(PixelFormat::rgb(kF32), PixelFormat::rgb(kF32)), 1e-6);
  EXPECT_LE(worst_inside(PixelFormat::rgb(kF16), PixelFormat::rgb(kF16)), 0.0005);
  EXPECT_LE(worst_inside(ycbcr(kU8, 1, 1), ycbcr(kU16, 0, 0)), 0.05 / 255);
  EXPECT_LE(worst_inside(ycbcr(kU16, 1, 1), ycbcr(kU8, 1, 1)), kStep8);
}

TEST(Resize, alpha_weights_the_colours) {
  EXPECT_LE(worst(PixelFormat::rgb(kF32, true), PixelFormat::rgb(kF32, true), 0.25, 0.75), 2e-5);
  EXPECT_LE(worst(PixelFormat::rgb(kU8, true), PixelFormat::rgb(kU8, true), 0.25, 0.75), kStep8);
  EXPECT_LE(worst(PixelFormat::gray(kU16, true), PixelFormat::gray(kU16, true), 0.25, 0.75),
            2 * kStep16);
  EXPECT_LE(worst(ycbcr(kU8, 1, 1, true), ycbcr(kU8, 1, 1, true), 0.25, 0.75), kStep8);
  EXPECT_LE(worst(ycbcr(kU8, 1, 1, true), PixelFormat::rgb(kU8, true), 0.25, 0.75), kStep8);
  EXPECT_LE(worst_inside(PixelFormat::rgb(), PixelFormat::rgb(kU8, true)), kStep8);
}

// Half a step of the coarser of two sample types, and what float arithmetic adds.
double tolerance(SampleType from, SampleType to) {
  const auto step = [](SampleType t) {
    return t == kU8 ? 1.0 / 255 : t == kU16 ? 1.0 / 65535 : t == kF16 ? 1.0 / 1024 : 0.0;
  };
  // 8-bit sources are resampled with 14-bit coefficients; a matrix adds the errors of three planes.
  return 1.001 * step(to) + (from == kU8 ? 0.15 / 255 : 4e-5);
}

TEST(Resize, every_format_to_every_other) {
  Resizer resizer;
  std::vector<PixelFormat> formats;
  for (const SampleType type : {kU8, kU16, kF16, kF32})
    for (const bool alpha : {false, true})
      for (const PixelFormat f : {PixelFormat::gray(type, alpha), PixelFormat::rgb(type, alpha),
                                  ycbcr(type, 0, 0, alpha), ycbcr(type, 1, 1, alpha)})
        formats.push_back(f);
  const auto check = [&](const Image& src, const PixelFormat& to, ResizeKernel kernel) {
    ResizeTarget t = target(9, 7, to);
    t.crop_x = 1, t.crop_w = src.width() - 1.5;
    const auto out = resizer.resize(src, t, kernel);
    if (src.format().has_alpha && !to.has_alpha) {
      ASSERT_THAT(out, FailsWith(Code::kInvalidArgument));
      return;
    }
    ASSERT_THAT(out, IsOk());
    ASSERT_OK_AND_ASSIGN(const Image expected, resize_ref(src, t, kernel));
    EXPECT_LE(max_difference(*out, expected), tolerance(src.format().sample, to.sample))
        << to_string(src.format()) << " to " << to_string(to) << ", kernel "
        << static_cast<int>(kernel);
  };
  for (const PixelFormat& from : formats)
    for (const Size size : {Size{13, 11}, Size{5, 4}}) {
      const Image src = noise_image(size.width, size.height, from, 0.3, 0.7);
      for (const PixelFormat& to : formats)
        for (const ResizeKernel kernel : kKernels) check(src, to, kernel);
    }
}

// A picture that is its own mirror image stays so: no half-pixel shift on either axis.
TEST(Resize, symmetric_picture_stays_symmetric) {
  Resizer resizer;
  for (const PixelFormat format : {PixelFormat::gray(kF32), ycbcr(kU8, 0, 0), ycbcr(kU8, 1, 1)})
    for (const int size : {20, 64})  // even: an odd picture's half chroma sample has one side only
      for (const int to : {7, 16, 33, 100})
        for (const ResizeKernel kernel :
             {ResizeKernel::kLanczos3, ResizeKernel::kCubic, ResizeKernel::kLinear}) {
          const Image src = make_image(size, size, format, [&](int c, int x, int y) {
            const int n = size >> (c > 0 ? format.chroma_shift_x : 0);
            return 0.25 + 0.5 * noise_at(c, std::min(x, n - 1 - x), std::min(y, n - 1 - y));
          });
          PixelFormat out_format = format;
          out_format.chroma_shift_x = out_format.chroma_shift_y = 0;
          ASSERT_OK_AND_ASSIGN(const Image out,
                               resizer.resize(src, target(to, to, out_format), kernel));
          const double allowed = format.sample == kU8 ? 1.0001 / 255 : 1e-5;
          for (int c = 0; c < out.channels(); ++c)
            for (int y = 0; y < to; ++y)
              for (int x = 0; x < to; ++x) {
                const double v = sample_at(out.plane(c), format.sample, x, y);
                ASSERT_NEAR(v, sample_at(out.plane(c), format.sample, to - 1 - x, y), allowed);
                ASSERT_NEAR(v, sample_at(out.plane(c), format.sample, x, to - 1 - y), allowed);
              }
        }
}

// Every kernel is exact on a linear ramp away from the edges, so a shift would show as an offset.
TEST(Resize, ramp_stays_a_ramp) {
  Resizer resizer;
  const int from = 200;
  const Image src = make_image(from, 8, PixelFormat::gray(kF32),
                               [&](int, int x, int) { return (x + 0.5) / from; });
  for (const int to : {50, 77, 400})
    for (const ResizeKernel kernel :
         {ResizeKernel::kLanczos3, ResizeKernel::kCubic, ResizeKernel::kLinear}) {
      ASSERT_OK_AND_ASSIGN(const Image out,
                           resizer.resize(src, target(to, 8, PixelFormat::gray(kF32)), kernel));
      for (int x = to / 4; x < to * 3 / 4; ++x)
        EXPECT_NEAR(out.plane(0).row<float>(3)[x], (x + 0.5) / to, 2e-4);
    }
}

// The centre of gravity of a dot stays where it was, in luma and in chroma of every subsampling.
TEST(Resize, dot_stays_in_place) {
  Resizer resizer;
  for (const int shift : {0, 1, 2}) {
    const PixelFormat from = ycbcr(kF32, shift, shift);
    const Image src = make_image(96, 96, from, [&](int c, int x, int y) {
      const int n = 96 >> (c > 0 ? shift : 0);
      return x == n / 3 && y == n / 2 ? 1.0 : 0.0;
    });
    ASSERT_OK_AND_ASSIGN(const Image out, resizer.resize(src, target(48, 48, ycbcr(kF32, 0, 0)),
                                                         ResizeKernel::kLinear));
    for (int c = 0; c < 3; ++c) {
      double sum = 0, sum_x = 0, sum_y = 0;
      for (int y = 0; y < 48; ++y)
        for (int x = 0; x < 48; ++x) {
          const double v = out.plane(c).row<float>(y)[x];
          sum += v, sum_x += v * (x + 0.5), sum_y += v * (y + 0.5);
        }
      const int n = 96 >> (c > 0 ? shift : 0);
      EXPECT_NEAR(sum_x / sum, (n / 3 + 0.5) * 48 / n, 1e-3) << "shift " << shift << " plane " << c;
      EXPECT_NEAR(sum_y / sum, (n / 2 + 0.5) * 48 / n, 1e-3) << "shift " << shift << " plane " << c;
    }
  }
}

TEST(Resize, mirrored_input_gives_mirrored_output) {
  Resizer resizer;
  for (const SampleType type : {kU8, kU16, kF32}) {
    const PixelFormat format = PixelFormat::rgb(type);
    const Image src = noise_image(37, 21, format);
    const Image mirrored = make_image(37, 21, format, [&](int c, int x, int y) {
      return sample_at(src.plane(c), type, 36 - x, y);
    });
    const auto t = target(19, 30, format);
    ASSERT_OK_AND_ASSIGN(const Image out, resizer.resize(src, t, ResizeKernel::kLanczos3));
    ASSERT_OK_AND_ASSIGN(const Image other, resizer.resize(mirrored, t, ResizeKernel::kLanczos3));
    const Image back = make_image(19, 30, format, [&](int c, int x, int y) {
      return sample_at(other.plane(c), type, 18 - x, y);
    });
    // Coefficients are rounded from the left, so integers may differ in the last step.
    EXPECT_LE(max_difference(out, back), type == kU8 ? kStep8 : type == kU16 ? kStep16 : 1e-6);
  }
}

// Full contrast: the integer path clamps between its passes (as Pillow and libvips do), the
// reference only at the end. The corners of a chequerboard are the worst case.
TEST(Resize, overshoot_is_clamped_and_differs_at_corners_only) {
  Resizer resizer;
  const Image src = make_image(64, 64, PixelFormat::gray(),
                               [](int, int x, int y) { return (x / 8 + y / 8) % 2; });
  for (const ResizeKernel kernel : kKernels) {
    const auto t = target(41, 37, PixelFormat::gray());
    ASSERT_OK_AND_ASSIGN(const Image out, resizer.resize(src, t, kernel));
    ASSERT_OK_AND_ASSIGN(const Image expected, resize_ref(src, t, kernel));
    EXPECT_LE(max_difference(out, expected), 17.0 / 255);
    ASSERT_OK_AND_ASSIGN(const Image floats,
                         resizer.resize(src, target(41, 37, PixelFormat::rgb(kF32)), kernel));
    for (int y = 0; y < 37; ++y)
      for (int x = 0; x < 41; ++x) {
        ASSERT_GE(floats.plane(2).row<float>(y)[x], 0.0f);
        ASSERT_LE(floats.plane(2).row<float>(y)[x], 1.0f);
      }
  }
}

// Wide rows take other code than narrow ones inside zimg, chosen by ratio.
TEST(Resize, camera_sizes_within_one_step) {
  Resizer resizer;
  for (const int from : {2272, 2576, 3250, 3260, 3264, 4000, 4608}) {
    const Image src = noise_image(from, 2, PixelFormat::gray(), 0.3, 0.7);
    for (const int to : {384, 640, 1600, 1999}) {
      const ResizeTarget t{.width = to, .height = 2, .format = src.format()};
      ASSERT_OK_AND_ASSIGN(const Image out, resizer.resize(src, t, ResizeKernel::kLanczos3));
      ASSERT_OK_AND_ASSIGN(const Image expected, resize_ref(src, t, ResizeKernel::kLanczos3));
      EXPECT_LE(max_difference(out, expected), kStep8) << from << " to " << to;
    }
  }
}

TEST(Resize, thousandfold_reduction_and_enlargement) {
  Resizer resizer;
  const Image wide = noise_image(4000, 3, PixelFormat::gray(), 0.25, 0.75);
  const auto small = target(4, 3, PixelFormat::gray());
  for (const ResizeKernel kernel : kKernels) {
    ASSERT_OK_AND_ASSIGN(const Image out, resizer.resize(wide, small, kernel));
    ASSERT_OK_AND_ASSIGN(const Image expected, resize_ref(wide, small, kernel));
    EXPECT_LE(max_difference(out, expected), kStep8);
  }
  const Image dot = noise_image(1, 1, PixelFormat::rgb(kU16));
  ASSERT_OK_AND_ASSIGN(const Image big,
                       resizer.resize(dot, target(1000, 3, dot.format()), ResizeKernel::kLanczos3));
  EXPECT_EQ(big.plane(1).row<uint16_t>(2)[999], dot.plane(1).row<uint16_t>(0)[0]);
}

TEST(Resize, window_shows_what_a_cropped_copy_shows_inside) {
  Resizer resizer;
  const Image src = noise_image(90, 70, ycbcr(kU8, 1, 1), 0.25, 0.75);
  ResizeTarget t = target(31, 23, ycbcr(kU8, 1, 1));
  t.crop_x = 13, t.crop_y = 10.5, t.crop_w = 55, t.crop_h = 40;
  for (const ResizeKernel kernel : kKernels) {
    ASSERT_OK_AND_ASSIGN(const Image out, resizer.resize(src, t, kernel));
    ASSERT_OK_AND_ASSIGN(const Image expected, resize_ref(src, t, kernel));
    EXPECT_LE(max_difference(out, expected), kStep8);
  }
}

// Widths and places at which vectors begin and end anywhere.
TEST(Resize, flat_pictures_stay_flat_in_narrow_windows) {
  Resizer resizer;
  for (const SampleType type : {kU8, kU16, kF32}) {
    const Image src =
        make_image(67, 48, PixelFormat::gray(type), [](int, int, int) { return 0.4; });
    for (double x = 0.5; x < 40; x += 1.75)
      for (const double width : {3.0, 9.0, 20.0, 26.5}) {
        ResizeTarget t = target(10, 4, PixelFormat::gray(type));
        t.crop_x = x;
        t.crop_w = width;
        t.crop_h = 48;
        ASSERT_OK_AND_ASSIGN(const Image out, resizer.resize(src, t, ResizeKernel::kLanczos3));
        for (int row = 0; row < 4; ++row)
          for (int column = 0; column < 10; ++column)
            ASSERT_NEAR(sample_at(out.plane(0), type, column, row), 0.4, 0.005)
                << "window at " << x << ", " << width << " wide";
      }
  }
}

TEST(Resize, window_of_equal_size_is_a_copy) {
  Resizer resizer;
  const Image src = noise_image(50, 40, PixelFormat::rgb());
  ResizeTarget t = target(20, 10, PixelFormat::rgb());
  t.crop_x = 7, t.crop_y = 9, t.crop_w = 20, t.crop_h = 10;
  for (const ResizeKernel kernel : kKernels) {
    ASSERT_OK_AND_ASSIGN(const Image out, resizer.resize(src, t, kernel));
    EXPECT_EQ(max_difference(out, src.crop(7, 9, 20, 10)), 0);
  }
}

TEST(Resize, views_and_odd_strides_give_what_aligned_planes_give) {
  Resizer resizer;
  for (const SampleType type : {kU8, kU16, kF32}) {
    const Image big = noise_image(100, 80, PixelFormat::rgb(type));
    const Image view = big.crop(3, 5, 61, 47);
    ASSERT_OK_AND_ASSIGN(const Image copy, view.clone());
    const auto t = target(29, 31, PixelFormat::rgb(type));
    ASSERT_OK_AND_ASSIGN(const Image a, resizer.resize(view, t, ResizeKernel::kCubic));
    ASSERT_OK_AND_ASSIGN(const Image b, resizer.resize(copy, t, ResizeKernel::kCubic));
    EXPECT_EQ(max_difference(a, b), 0);
  }
}

TEST(Resize, into_the_slot_of_a_tensor) {
  constexpr int kSide = 15;  // rows of 60 bytes: nothing is aligned
  std::vector<float> tensor(3 * kSide * kSide + 2, -7.0f);
  std::array<Plane, kMaxPlanes> planes{};
  for (size_t c = 0; c < 3; ++c)
    planes[c] = {reinterpret_cast<std::byte*>(tensor.data() + 1 + c * kSide * kSide),
                 kSide * sizeof(float), kSide, kSide};
  Image slot = Image::wrap(nullptr, kSide, kSide, PixelFormat::rgb(kF32), planes);
  const Image src = noise_image(70, 41, ycbcr(kU8, 1, 1), 0.3, 0.7);
  Resizer resizer;
  ASSERT_THAT(resizer.resize_into(src, slot, ResizeKernel::kLinear), IsOk());
  ASSERT_OK_AND_ASSIGN(
      const Image expected,
      resize_ref(src, target(kSide, kSide, PixelFormat::rgb(kF32)), ResizeKernel::kLinear));
  EXPECT_LE(max_difference(slot, expected), 0.1 / 255);
  EXPECT_EQ(tensor.front(), -7.0f);
  EXPECT_EQ(tensor.back(), -7.0f);
}

TEST(Resize, hidden_colour_does_not_bleed) {
  Resizer resizer;
  const PixelFormat rgba = PixelFormat::rgb(kU8, true);
  // Left half opaque green, right half transparent red.
  const Image src = make_image(40, 10, rgba, [](int c, int x, int) {
    return c == 3 ? (x < 20 ? 1.0 : 0.0) : (x < 20) == (c == 1) && c != 2 ? 1.0 : 0.0;
  });
  ASSERT_OK_AND_ASSIGN(const Image out,
                       resizer.resize(src, target(13, 7, rgba), ResizeKernel::kLanczos3));
  for (int x = 0; x < 13; ++x) {
    if (out.plane(3).row<uint8_t>(3)[x] == 0) continue;
    EXPECT_EQ(out.plane(0).row<uint8_t>(3)[x], 0);
    EXPECT_EQ(out.plane(1).row<uint8_t>(3)[x], 255);
  }
}

TEST(Resize, nothing_to_do_shares_the_pixels) {
  Resizer resizer;
  const Image src = noise_image(9, 9, ycbcr(kU8, 1, 1));
  ASSERT_OK_AND_ASSIGN(const Image out,
                       resizer.resize(src, target(9, 9, src.format()), ResizeKernel::kLanczos3));
  EXPECT_EQ(out.plane(0).data, src.plane(0).data);
}

TEST(Resize, refuses_what_it_cannot_do) {
  Resizer resizer;
  const Image rgba = noise_image(8, 8, PixelFormat::rgb(kU8, true));
  const Image cmyk = noise_image(8, 8, {kU8, ColorModel::kCmyk});
  const auto lanczos = ResizeKernel::kLanczos3;
  EXPECT_THAT(resizer.resize(rgba, target(4, 4, PixelFormat::rgb()), lanczos),
              FailsWith(Code::kInvalidArgument, testing::HasSubstr("alpha")));
  EXPECT_THAT(resizer.resize(cmyk, target(4, 4, PixelFormat::rgb()), lanczos),
              FailsWith(Code::kUnsupported));
  EXPECT_THAT(resizer.resize(rgba, target(0, 4, rgba.format()), lanczos),
              FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(resizer.resize(Image(), target(4, 4, rgba.format()), lanczos),
              FailsWith(Code::kInvalidArgument));
  ResizeTarget outside = target(4, 4, rgba.format());
  outside.crop_x = 5, outside.crop_w = 4;
  EXPECT_THAT(resizer.resize(rgba, outside, lanczos),
              FailsWith(Code::kInvalidArgument, testing::HasSubstr("window")));
  outside.crop_x = std::nan("");
  EXPECT_THAT(resizer.resize(rgba, outside, lanczos), FailsWith(Code::kInvalidArgument));
}

TEST(Resize, threads_share_graphs_and_agree) {
  Resizer resizer(2);  // fewer graphs than geometries: entries are evicted while in use
  const Image src = noise_image(120, 90, ycbcr(kU8, 1, 1));
  std::vector<Image> alone;
  for (int i = 0; i < 4; ++i) {
    ASSERT_OK_AND_ASSIGN(Image out, resizer.resize(src, target(30 + i, 20 + i, src.format()),
                                                   ResizeKernel::kLanczos3));
    alone.push_back(std::move(out));
  }
  std::vector<double> differences(4, 0.0);
  std::vector<std::jthread> threads;
  for (size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 12; ++i) {
        const int which = (static_cast<int>(t) + i) % 4;
        const auto out = resizer.resize(src, target(30 + which, 20 + which, src.format()),
                                        ResizeKernel::kLanczos3);
        differences[t] = std::max(
            differences[t], out ? max_difference(*out, alone[static_cast<size_t>(which)]) : 5.0);
      }
    });
  threads.clear();
  EXPECT_EQ(differences, std::vector<double>(4, 0.0));
}

}  // namespace
}  // namespace imagemill
