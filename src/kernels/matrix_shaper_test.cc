// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/matrix_shaper.h"

#include <hwy/targets.h>

#include <cmath>
#include <vector>

#include "kernels/samples.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

TEST(Transfer, published_points_of_the_curves) {
  EXPECT_NEAR(srgb_to_linear(0.5), 0.21404, 1e-5);
  EXPECT_NEAR(nits_to_pq(100), 0.50808, 1e-5);
  EXPECT_NEAR(nits_to_pq(203), 0.58069, 1e-5);
  EXPECT_NEAR(pq_to_nits(1), 10000, 1e-6);
  EXPECT_NEAR(hlg_to_scene(0.5), 1.0 / 12, 1e-9);
  EXPECT_NEAR(hlg_to_scene(1), 1, 1e-6);
  for (double v = 0; v <= 1; v += 1 / 64.0) {
    EXPECT_NEAR(linear_to_srgb(srgb_to_linear(v)), v, 1e-5);
    EXPECT_NEAR(nits_to_pq(pq_to_nits(v)), v, 1e-6);
  }
}

TEST(Transfer, tone_map_rises_and_ends_at_white) {
  double last = -1;
  for (double x = 0; x < 5; x += 0.01) {
    const double y = tone_map(x);
    EXPECT_GE(y, last);
    EXPECT_LE(y, x + 1e-9);
    last = y;
  }
  EXPECT_DOUBLE_EQ(tone_map(0.4), 0.4);
  EXPECT_NEAR(tone_map(kHdrPeakNits / kReferenceWhiteNits), 1, 1e-6);
  EXPECT_NEAR(tone_map(50), 1, 1e-6);
}

TEST(Transfer, primaries_keep_white_and_match_published_matrices) {
  for (const Primaries p : {Primaries::kBt709, Primaries::kDisplayP3, Primaries::kBt2020}) {
    const Matrix3 m = to_bt709(p);
    for (size_t r = 0; r < 3; ++r) EXPECT_NEAR(m[3 * r] + m[3 * r + 1] + m[3 * r + 2], 1, 1e-9);
  }
  EXPECT_NEAR(rgb_to_xyz(Primaries::kBt709)[4], 0.7152, 1e-4);
  EXPECT_NEAR(rgb_to_xyz(Primaries::kBt2020)[3], 0.2627, 1e-4);
  EXPECT_NEAR(to_bt709(Primaries::kDisplayP3)[0], 1.2249, 1e-4);
  EXPECT_NEAR(to_bt709(Primaries::kBt2020)[0], 1.6605, 1e-4);
}

MatrixShaperSpec spec_for(TransferFunction transfer, Primaries primaries, SampleType in,
                          SampleType out) {
  MatrixShaperSpec spec;
  spec.in = in;
  spec.out = out;
  spec.curves[0] = [transfer](double v) { return to_linear(transfer, v); };
  spec.curves_are_equal = true;
  spec.matrix = to_bt709(primaries);
  spec.is_hlg = transfer == TransferFunction::kHlg;
  spec.is_tone_mapped = spec.is_hlg || transfer == TransferFunction::kPq;
  const Matrix3 xyz = rgb_to_xyz(primaries);
  spec.luminance = {xyz[3], xyz[4], xyz[5]};
  return spec;
}

std::vector<std::byte> row_of(SampleType type, int width, uint32_t seed) {
  std::vector<std::byte> row(static_cast<size_t>(width * sample_bytes(type)));
  for (int x = 0; x < width; ++x) {
    seed = seed * 1664525 + 1013904223;
    const double unit = std::min(1.0, (seed >> 8) / static_cast<double>(1 << 24) * 1.02);
    if (type == SampleType::kU8)
      reinterpret_cast<uint8_t*>(row.data())[x] = static_cast<uint8_t>(unit * 255);
    else if (type == SampleType::kU16)
      reinterpret_cast<uint16_t*>(row.data())[x] = static_cast<uint16_t>(unit * 65535);
    else
      reinterpret_cast<float*>(row.data())[x] = static_cast<float>(unit * 1.2 - 0.1);
  }
  return row;
}

struct Case {
  TransferFunction transfer;
  Primaries primaries;
};

// The tables and vector code of every target against the formulas, at widths around the block size.
TEST(MatrixShaper, all_targets_equal_the_reference) {
  constexpr Case kCases[] = {{TransferFunction::kSrgb, Primaries::kDisplayP3},
                             {TransferFunction::kPq, Primaries::kBt2020},
                             {TransferFunction::kHlg, Primaries::kBt2020},
                             {TransferFunction::kLinear, Primaries::kBt709}};
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    for (const Case& c : kCases)
      for (const SampleType in : {SampleType::kU8, SampleType::kU16, SampleType::kF32})
        for (const SampleType out : {SampleType::kU8, SampleType::kU16, SampleType::kF32}) {
          const MatrixShaper shaper(spec_for(c.transfer, c.primaries, in, out));
          // A step of 8-bit codes may fall on either side; 16 bits come from interpolated tables.
          const double tolerance = out == SampleType::kU8    ? 1.01 / 255
                                   : out == SampleType::kU16 ? 8.0 / 65535
                                                             : 1e-3;
          for (const int width : {1, 7, 255, 256, 257}) {
            const auto r = row_of(in, width, 1), g = row_of(in, width, 2), b = row_of(in, width, 3);
            std::array<std::vector<std::byte>, 3> fast, ref;
            for (size_t i = 0; i < 3; ++i)
              fast[i].resize(static_cast<size_t>(width * sample_bytes(out))), ref[i] = fast[i];
            shaper.row({fast[0].data(), fast[1].data(), fast[2].data()},
                       {r.data(), g.data(), b.data()}, width);
            shaper.row_ref({ref[0].data(), ref[1].data(), ref[2].data()},
                           {r.data(), g.data(), b.data()}, width);
            for (size_t i = 0; i < 3; ++i)
              for (int x = 0; x < width; ++x) {
                const double seen = unit_value(fast[i].data(), out, x);
                const double expected = unit_value(ref[i].data(), out, x);
                ASSERT_NEAR(seen, expected, tolerance * std::max(1.0, std::abs(expected)))
                    << static_cast<int>(c.transfer) << " " << static_cast<int>(in) << "->"
                    << static_cast<int>(out) << " x " << x;
              }
          }
        }
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(MatrixShaper, all_targets_give_the_same_bytes) {
  const MatrixShaper shaper(
      spec_for(TransferFunction::kSrgb, Primaries::kDisplayP3, SampleType::kU16, SampleType::kF32));
  const int width = 1000;
  const auto in = row_of(SampleType::kU16, width, 1);
  std::vector<std::vector<float>> rows;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    rows.emplace_back(width);
    shaper.row({rows.back().data(), nullptr, nullptr}, {in.data(), in.data(), in.data()}, width);
    EXPECT_EQ(rows.back(), rows.front()) << hwy::TargetName(target);
  }
  hwy::SetSupportedTargetsForTest(0);
}

}  // namespace
}  // namespace imagemill
