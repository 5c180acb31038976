// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/color_convert.h"

#include <lcms2.h>

#include <atomic>
#include <cmath>
#include <thread>

#include "kernels/color_profile.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::HasSubstr;

ColorSpace with_icc(Bytes icc) {
  ColorSpace space;
  space.icc = std::make_shared<const Bytes>(std::move(icc));
  return space;
}

ColorSpace coded(TransferFunction transfer, Primaries primaries) {
  ColorSpace space;
  space.transfer = transfer;
  space.primaries = primaries;
  return space;
}

Bytes icc_of(Primaries primaries, TransferFunction transfer = TransferFunction::kSrgb) {
  auto icc = make_icc_profile(primaries, transfer);
  EXPECT_THAT(icc, IsOk());
  return std::move(icc).value();
}

Bytes saved(cmsHPROFILE profile) {
  cmsUInt32Number size = 0;
  cmsSaveProfileToMem(profile, nullptr, &size);
  Bytes out(size);
  cmsSaveProfileToMem(profile, out.data(), &size);
  cmsCloseProfile(profile);
  return out;
}

Bytes gray_icc(double gamma) {
  cmsToneCurve* curve = cmsBuildGamma(nullptr, gamma);
  const Bytes out = saved(cmsCreateGrayProfile(cmsD50_xyY(), curve));
  cmsFreeToneCurve(curve);
  return out;
}

// A printer that needs ink c, m, y for the light it takes away and black as a shade over all.
Bytes cmyk_icc() {
  cmsHPROFILE profile = cmsCreateProfilePlaceholder(nullptr);
  cmsSetProfileVersion(profile, 2.4);
  cmsSetDeviceClass(profile, cmsSigOutputClass);
  cmsSetColorSpace(profile, cmsSigCmykData);
  cmsSetPCS(profile, cmsSigLabData);
  cmsPipeline* lut = cmsPipelineAlloc(nullptr, 4, 3);
  cmsStage* clut = cmsStageAllocCLut16bit(nullptr, 9, 4, 3, nullptr);
  cmsStageSampleCLut16bit(
      clut,
      [](const cmsUInt16Number in[], cmsUInt16Number out[], void*) -> cmsInt32Number {
        cmsCIEXYZ xyz{};
        const cmsCIEXYZ* white = cmsD50_XYZ();
        const double light = 1 - in[3] / 65535.0;
        xyz.X = white->X * light * (1 - in[0] / 65535.0);
        xyz.Y = white->Y * light * (1 - in[1] / 65535.0);
        xyz.Z = white->Z * light * (1 - in[2] / 65535.0);
        cmsCIELab lab{};
        cmsXYZ2Lab(nullptr, &lab, &xyz);
        cmsFloat2LabEncodedV2(out, &lab);
        return TRUE;
      },
      nullptr, 0);
  cmsPipelineInsertStage(lut, cmsAT_END, clut);
  cmsWriteTag(profile, cmsSigAToB0Tag, lut);
  cmsPipelineFree(lut);
  return saved(profile);
}

template <typename T>
void set_row(const Image& image, int channel, int y, std::initializer_list<T> values) {
  std::ranges::copy(values, image.plane(channel).row<T>(y));
}

// Fills a picture with values that reach both ends of their range.
template <typename T>
Image spread(int width, int height, PixelFormat format, double top) {
  auto image = Image::allocate(width, height, format);
  EXPECT_THAT(image, IsOk());
  uint32_t state = 1;
  for (int c = 0; c < format.channels(); ++c)
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        state = state * 1664525 + 1013904223;
        const double unit = std::min(1.0, (state >> 8) / static_cast<double>(1 << 24) * 1.02);
        image->plane(c).row<T>(y)[x] = static_cast<T>(unit * top);
      }
  return *image;
}

std::shared_ptr<const ColorTransform> transform(const PixelFormat& source, const ColorSpace& space,
                                                const ColorTarget& target = {}) {
  auto made = ColorTransform::make(source, space, target);
  EXPECT_THAT(made, IsOk());
  return made ? *made : nullptr;
}

// One RGB pixel of 8 bits through a transform.
std::array<int, 3> rgb8(const ColorSpace& space, int r, int g, int b) {
  auto image = Image::allocate(1, 1, PixelFormat::rgb());
  const std::array<int, 3> values{r, g, b};
  for (int c = 0; c < 3; ++c)
    image->plane(c).row<uint8_t>(0)[0] = static_cast<uint8_t>(values[static_cast<size_t>(c)]);
  auto out = transform(PixelFormat::rgb(), space)->apply(*image);
  return {out->plane(0).row<uint8_t>(0)[0], out->plane(1).row<uint8_t>(0)[0],
          out->plane(2).row<uint8_t>(0)[0]};
}

TEST(IsSrgb, knows_it_by_content) {
  EXPECT_TRUE(is_srgb({}));
  EXPECT_TRUE(is_srgb(coded(TransferFunction::kBt709, Primaries::kBt709)));
  EXPECT_FALSE(is_srgb(coded(TransferFunction::kSrgb, Primaries::kDisplayP3)));
  EXPECT_FALSE(is_srgb(coded(TransferFunction::kPq, Primaries::kBt709)));
  EXPECT_TRUE(is_srgb(with_icc(icc_of(Primaries::kBt709))));
  EXPECT_TRUE(is_srgb(with_icc(saved(cmsCreate_sRGBProfile()))));
  EXPECT_FALSE(is_srgb(with_icc(icc_of(Primaries::kDisplayP3))));
  EXPECT_FALSE(is_srgb(with_icc(icc_of(Primaries::kBt709, TransferFunction::kLinear))));
  EXPECT_FALSE(is_srgb(with_icc(gray_icc(2.2))));
  EXPECT_FALSE(is_srgb(with_icc(Bytes(200))));
}

// Compact profiles replace the curve by some twenty points.
TEST(IsSrgb, accepts_a_coarse_curve_but_not_gamma_2_2) {
  const cmsCIExyY d65{0.3127, 0.3290, 1};
  const cmsCIExyYTRIPLE colorants{{0.64, 0.33, 1}, {0.30, 0.60, 1}, {0.15, 0.06, 1}};
  const auto profile_with = [&](cmsToneCurve* curve) {
    cmsToneCurve* const curves[] = {curve, curve, curve};
    const Bytes out = saved(cmsCreateRGBProfile(&d65, &colorants, curves));
    cmsFreeToneCurve(curve);
    return with_icc(out);
  };
  std::array<cmsUInt16Number, 64> points{};
  for (size_t i = 0; i < points.size(); ++i)
    points[i] = static_cast<cmsUInt16Number>(
        std::lround(65535 * srgb_to_linear(static_cast<double>(i) / (points.size() - 1))));
  EXPECT_TRUE(is_srgb(profile_with(cmsBuildTabulatedToneCurve16(nullptr, 64, points.data()))));
  EXPECT_FALSE(is_srgb(profile_with(cmsBuildGamma(nullptr, 2.2))));
}

TEST(ColorTransform, srgb_costs_nothing) {
  for (const ColorSpace& space : {ColorSpace(), with_icc(icc_of(Primaries::kBt709))}) {
    const Image image = spread<uint8_t>(5, 3, PixelFormat::rgb(SampleType::kU8, true), 255);
    const auto identity = transform(image.format(), space);
    EXPECT_TRUE(identity->is_identity());
    ASSERT_OK_AND_ASSIGN(const Image out, identity->apply(image));
    EXPECT_EQ(out.plane(0).data, image.plane(0).data);
    EXPECT_EQ(out.color.icc, nullptr);
  }
}

// Values of Little CMS, known from colour charts: P3 green leaves sRGB, greys stay.
TEST(ColorTransform, display_p3_by_profile_and_by_code_agree) {
  const ColorSpace by_code = coded(TransferFunction::kSrgb, Primaries::kDisplayP3);
  const ColorSpace profile = with_icc(icc_of(Primaries::kDisplayP3));
  for (const auto& space : {by_code, profile}) {
    EXPECT_EQ(rgb8(space, 128, 128, 128), (std::array<int, 3>{128, 128, 128}));
    EXPECT_EQ(rgb8(space, 255, 255, 255), (std::array<int, 3>{255, 255, 255}));
    EXPECT_EQ(rgb8(space, 0, 255, 0), (std::array<int, 3>{0, 255, 0}));
    EXPECT_EQ(rgb8(space, 255, 0, 0), (std::array<int, 3>{255, 0, 0}));
  }
  for (int r = 0; r <= 255; r += 51)
    for (int g = 0; g <= 255; g += 51)
      for (int b = 0; b <= 255; b += 51) {
        const auto x = rgb8(by_code, r, g, b), y = rgb8(profile, r, g, b);
        for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(x[c], y[c], 1) << r << " " << g << " " << b;
      }
}

TEST(ColorTransform, matrix_profiles_agree_with_little_cms) {
  const Bytes icc = icc_of(Primaries::kDisplayP3);
  const Image image = spread<uint8_t>(300, 4, PixelFormat::rgb(), 255);
  ASSERT_OK_AND_ASSIGN(const Image out, transform(image.format(), with_icc(icc))->apply(image));
  ASSERT_OK_AND_ASSIGN(const ColorProfile profile, ColorProfile::open(icc));
  ASSERT_OK_AND_ASSIGN(const auto lcms, profile.transform(SampleType::kU8, SampleType::kU8));
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      uint8_t in[3], expected[3];
      for (int c = 0; c < 3; ++c) in[c] = image.plane(c).row<uint8_t>(y)[x];
      lcms->pixels(expected, in, 1);
      for (int c = 0; c < 3; ++c) ASSERT_NEAR(out.plane(c).row<uint8_t>(y)[x], expected[c], 1);
    }
  }
}

TEST(ColorTransform, alpha_is_carried_over) {
  const Image image = spread<uint8_t>(7, 2, PixelFormat::rgb(SampleType::kU8, true), 255);
  const ColorSpace p3 = coded(TransferFunction::kSrgb, Primaries::kDisplayP3);
  ASSERT_OK_AND_ASSIGN(const Image same, transform(image.format(), p3)->apply(image));
  ASSERT_OK_AND_ASSIGN(const Image deep,
                       transform(image.format(), p3, {SampleType::kU16})->apply(image));
  for (int x = 0; x < 7; ++x) {
    const int alpha = image.plane(3).row<uint8_t>(1)[x];
    EXPECT_EQ(same.plane(3).row<uint8_t>(1)[x], alpha);
    EXPECT_EQ(deep.plane(3).row<uint16_t>(1)[x], alpha * 257);
  }
}

TEST(ColorTransform, depth_changes_of_srgb_round_trip) {
  const Image image = spread<uint8_t>(70, 2, PixelFormat::gray(), 255);
  ASSERT_OK_AND_ASSIGN(const Image deep,
                       transform(image.format(), {}, {SampleType::kU16})->apply(image));
  ASSERT_OK_AND_ASSIGN(const Image linear,
                       transform(deep.format(), {}, {SampleType::kF32})->apply(deep));
  EXPECT_EQ(linear.color.transfer, TransferFunction::kLinear);
  ASSERT_OK_AND_ASSIGN(const Image back, transform(linear.format(), linear.color)->apply(linear));
  for (int x = 0; x < 70; ++x)
    EXPECT_EQ(back.plane(0).row<uint8_t>(1)[x], image.plane(0).row<uint8_t>(1)[x]);
}

TEST(ColorTransform, gray_profiles_and_gray_to_rgb) {
  auto image = Image::allocate(3, 1, PixelFormat::gray());
  set_row<uint8_t>(*image, 0, 0, {0, 128, 255});
  ASSERT_OK_AND_ASSIGN(
      const Image out,
      transform(image->format(), with_icc(gray_icc(1.0)), {.gray_to_rgb = true})->apply(*image));
  ASSERT_EQ(out.channels(), 3);
  for (int c = 0; c < 3; ++c) {
    EXPECT_EQ(out.plane(c).row<uint8_t>(0)[0], 0);
    EXPECT_NEAR(out.plane(c).row<uint8_t>(0)[1], 188, 1);
    EXPECT_EQ(out.plane(c).row<uint8_t>(0)[2], 255);
  }
  EXPECT_TRUE(transform(PixelFormat::gray(), with_icc(icc_of(Primaries::kBt709)))->is_identity());
}

TEST(ColorTransform, wide_rows_are_worked_in_pieces_without_seams) {
  constexpr int kWidth = 1100;
  auto image = Image::allocate(kWidth, 1, PixelFormat::gray());
  for (int x = 0; x < kWidth; ++x) image->plane(0).row<uint8_t>(0)[x] = static_cast<uint8_t>(x);
  ASSERT_OK_AND_ASSIGN(const Image out,
                       transform(image->format(), with_icc(gray_icc(1.4)))->apply(*image));
  const uint8_t* row = out.plane(0).row<uint8_t>(0);
  for (int x = 1; x < kWidth; ++x) ASSERT_EQ(row[x], row[x % 256]) << x;
  EXPECT_EQ(row[255], 255);
}

TEST(ColorTransform, cmyk_without_profile_is_the_plain_formula) {
  PixelFormat format{SampleType::kU8, ColorModel::kCmyk};
  const Image image = spread<uint8_t>(64, 1, format, 255);
  ASSERT_OK_AND_ASSIGN(const Image out, transform(format, {})->apply(image));
  const uint8_t* k = image.plane(3).row<uint8_t>(0);
  for (int c = 0; c < 3; ++c)
    for (int x = 0; x < 64; ++x)
      EXPECT_EQ(out.plane(c).row<uint8_t>(0)[x],
                std::lround((255 - image.plane(c).row<uint8_t>(0)[x]) * (255 - k[x]) / 255.0));
}

TEST(ColorTransform, cmyk_profiles_give_the_same_in_every_depth) {
  const ColorSpace space = with_icc(cmyk_icc());
  const auto pixel = [&]<typename T>(SampleType type, double top, T) {
    const PixelFormat format{type, ColorModel::kCmyk};
    auto image = Image::allocate(3, 1, format);
    set_row<T>(*image, 0, 0, {T(0), T(0), T(top)});
    set_row<T>(*image, 1, 0, {T(0), T(0), T(0)});
    set_row<T>(*image, 2, 0, {T(0), T(0), T(0)});
    set_row<T>(*image, 3, 0, {T(0), T(top), T(0)});
    auto out = transform(format, space)->apply(*image);
    std::array<std::array<int, 3>, 3> seen{};
    for (size_t x = 0; x < 3; ++x)
      for (int c = 0; c < 3; ++c)
        seen[x][static_cast<size_t>(c)] = out->plane(c).row<uint8_t>(0)[x];
    return seen;
  };
  const auto from_u8 = pixel(SampleType::kU8, 255, uint8_t{});
  const auto from_u16 = pixel(SampleType::kU16, 65535, uint16_t{});
  const auto from_f32 = pixel(SampleType::kF32, 1, float{});
  for (size_t x = 0; x < 3; ++x)
    for (size_t c = 0; c < 3; ++c) {
      EXPECT_NEAR(from_u8[x][c], from_u16[x][c], 2);
      EXPECT_NEAR(from_u8[x][c], from_f32[x][c], 2);
    }
  for (size_t c = 0; c < 3; ++c) EXPECT_GE(from_u8[0][c], 253) << "no ink is white";
  for (size_t c = 0; c < 3; ++c) EXPECT_LE(from_u8[1][c], 2) << "all black is black";
  EXPECT_LT(from_u8[2][0], from_u8[2][1]) << "cyan ink takes red";
}

TEST(ColorTransform, profiles_that_do_not_fit_are_corrupt) {
  const PixelFormat cmyk{SampleType::kU8, ColorModel::kCmyk};
  const ColorSpace p3 = with_icc(icc_of(Primaries::kDisplayP3));
  EXPECT_THAT(ColorTransform::make(PixelFormat::rgb(), with_icc(cmyk_icc()), {}),
              FailsWith(Code::kCorruptInput, HasSubstr("rgb8")));
  EXPECT_THAT(ColorTransform::make(cmyk, p3, {}), FailsWith(Code::kCorruptInput));
  EXPECT_THAT(ColorTransform::make(PixelFormat::gray(), p3, {}), FailsWith(Code::kCorruptInput));
  EXPECT_THAT(ColorTransform::make(PixelFormat::rgb(), with_icc(gray_icc(2.2)), {}),
              FailsWith(Code::kCorruptInput));
  EXPECT_THAT(ColorTransform::make(PixelFormat::rgb(), with_icc(Bytes()), {}),
              FailsWith(Code::kCorruptInput));
  const PixelFormat ycbcr{SampleType::kU8, ColorModel::kYCbCr};
  EXPECT_THAT(ColorTransform::make(ycbcr, {}, {}), FailsWith(Code::kInvalidArgument));
}

// A profile cut anywhere, or with any byte changed, converts or is refused.
TEST(ColorTransform, survives_damaged_profiles) {
  const Image image = spread<uint8_t>(3, 1, PixelFormat::rgb(), 255);
  const auto check = [&](Bytes icc) {
    const auto made = ColorTransform::make(image.format(), with_icc(std::move(icc)), {});
    if (made) {
      EXPECT_THAT((*made)->apply(image), IsOk());
    }
  };
  const Bytes good = icc_of(Primaries::kDisplayP3);
  for (size_t n = 0; n < good.size(); n += 7)
    check({good.begin(), good.begin() + static_cast<ptrdiff_t>(n)});
  for (size_t i = 0; i < good.size(); i += 3) {
    Bytes changed = good;
    changed[i] ^= std::byte{0xFF};
    check(std::move(changed));
  }
}

TEST(ColorTransform, float_linear_is_clipped_and_encoded) {
  auto image = Image::allocate(6, 1, PixelFormat::gray(SampleType::kF32));
  set_row<float>(*image, 0, 0, {-1.0f, 0.0f, 0.2140f, 1.0f, 7.0f, std::nanf("")});
  const ColorSpace linear = coded(TransferFunction::kLinear, Primaries::kBt709);
  ASSERT_OK_AND_ASSIGN(const Image out, transform(image->format(), linear)->apply(*image));
  const uint8_t* row = out.plane(0).row<uint8_t>(0);
  EXPECT_EQ((std::vector<int>(row, row + 6)), (std::vector<int>{0, 0, 127, 255, 255, 0}));
}

TEST(ColorTransform, half_floats_are_read) {
  auto image = Image::allocate(4, 1, PixelFormat::gray(SampleType::kF16, true));
  set_row<uint16_t>(*image, 0, 0, {0x0000, 0x3C00, 0x7C00, 0x32D9});  // 0, 1, infinity, 0.214
  set_row<uint16_t>(*image, 1, 0, {0x0000, 0x3C00, 0x3800, 0x8000});  // 0, 1, 0.5, -0
  const ColorSpace linear = coded(TransferFunction::kLinear, Primaries::kBt709);
  ASSERT_OK_AND_ASSIGN(const Image out, transform(image->format(), linear)->apply(*image));
  const uint8_t* row = out.plane(0).row<uint8_t>(0);
  EXPECT_EQ((std::vector<int>(row, row + 4)), (std::vector<int>{0, 255, 255, 127}));
  const uint8_t* alpha = out.plane(1).row<uint8_t>(0);
  EXPECT_EQ((std::vector<int>(alpha, alpha + 4)), (std::vector<int>{0, 255, 128, 0}));
}

TEST(ColorTransform, hdr_white_lands_where_documented) {
  const double pq_white = nits_to_pq(kReferenceWhiteNits);
  auto image = Image::allocate(4, 1, PixelFormat::rgb(SampleType::kU16));
  for (int c = 0; c < 3; ++c)
    set_row<uint16_t>(*image, c, 0,
                      {0, static_cast<uint16_t>(65535 * nits_to_pq(40)),
                       static_cast<uint16_t>(65535 * pq_white), 65535});
  const ColorSpace pq = coded(TransferFunction::kPq, Primaries::kBt2020);
  ASSERT_OK_AND_ASSIGN(const Image sdr, transform(image->format(), pq)->apply(*image));
  EXPECT_EQ(sdr.plane(0).row<uint8_t>(0)[0], 0);
  EXPECT_NEAR(sdr.plane(0).row<uint8_t>(0)[1], 255 * linear_to_srgb(40 / kReferenceWhiteNits), 1);
  EXPECT_NEAR(sdr.plane(1).row<uint8_t>(0)[2], 0.90 * 255, 3);
  EXPECT_EQ(sdr.plane(2).row<uint8_t>(0)[3], 255);
  ASSERT_OK_AND_ASSIGN(const Image linear,
                       transform(image->format(), pq, {SampleType::kF32})->apply(*image));
  EXPECT_NEAR(linear.plane(0).row<float>(0)[2], 1, 1e-3);
  EXPECT_NEAR(linear.plane(0).row<float>(0)[3], 10000 / kReferenceWhiteNits, 0.05);

  // BT.2408: HLG 75 % is reference white.
  for (int c = 0; c < 3; ++c) set_row<uint16_t>(*image, c, 0, {49151, 49151, 49151, 65535});
  const ColorSpace hlg = coded(TransferFunction::kHlg, Primaries::kBt2020);
  ASSERT_OK_AND_ASSIGN(const Image hlg_linear,
                       transform(image->format(), hlg, {SampleType::kF32})->apply(*image));
  EXPECT_NEAR(hlg_linear.plane(0).row<float>(0)[0], 1, 0.01);
  EXPECT_NEAR(hlg_linear.plane(0).row<float>(0)[3], kHdrPeakNits / kReferenceWhiteNits, 0.01);
}

TEST(ColorTransformCache, remembers_by_content_and_forgets_the_oldest) {
  ColorTransformCache cache(2);
  const ColorSpace p3 = with_icc(icc_of(Primaries::kDisplayP3));
  const ColorSpace p3_again = with_icc(*p3.icc);
  const ColorSpace wide = with_icc(icc_of(Primaries::kBt2020));
  const PixelFormat rgb = PixelFormat::rgb();
  ASSERT_OK_AND_ASSIGN(const auto first, cache.get(rgb, p3, {}));
  ASSERT_OK_AND_ASSIGN(const auto again, cache.get(rgb, p3_again, {}));
  EXPECT_EQ(first, again);
  ASSERT_OK_AND_ASSIGN(const auto other, cache.get(rgb, wide, {}));
  EXPECT_NE(first, other);
  ASSERT_OK_AND_ASSIGN(const auto deep, cache.get(rgb, wide, {SampleType::kU16}));
  EXPECT_NE(other, deep);
  ASSERT_OK_AND_ASSIGN(const auto made_anew, cache.get(rgb, p3, {}));
  EXPECT_NE(first, made_anew);
  EXPECT_THAT(cache.get(rgb, with_icc(Bytes(10)), {}), FailsWith(Code::kCorruptInput));
}

TEST(ColorTransformCache, serves_threads) {
  ColorTransformCache cache;
  const ColorSpace spaces[] = {with_icc(icc_of(Primaries::kDisplayP3)), with_icc(gray_icc(1.8))};
  const Image rgb = spread<uint8_t>(40, 4, PixelFormat::rgb(), 255);
  const Image gray = spread<uint8_t>(40, 4, PixelFormat::gray(), 255);
  std::atomic<int> failures = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        const Image& image = i % 2 == 0 ? rgb : gray;
        const auto made = cache.get(image.format(), spaces[i % 2], {});
        if (!made || !(*made)->apply(image)) ++failures;
      }
    });
  threads.clear();
  EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace imagemill
