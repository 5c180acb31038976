// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// jpeg_test.cc holds full-size pixels to libjpeg's; here is what only our own decoder does, and
// what it must leave to libjpeg.
#include "codec/jpeg_planes.h"

#include <filesystem>
#include <fstream>
#include <numbers>
#include <random>

#include <hwy/targets.h>

#include "support/made_jpegs.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

constexpr int kScales[] = {1, 2, 3, 4, 5, 6, 8};  // eighths

std::optional<Image> decode(ByteSpan bytes, int n, const DecodeRequest& request = {}) {
  constexpr int kScansMax = 100;
  JpegReader reader(bytes);
  StopCheck stop(request);
  return decode_jpeg_planes(reader.d, n, kScansMax, stop);
}

bool is_ours(const JpegRecipe& recipe) { return !recipe.is_arithmetic; }

int count_different(const Image& a, const Image& b) {
  int different = 0;
  for (int c = 0; c < a.channels(); ++c)
    for (int y = 0; y < a.plane(c).height; ++y)
      for (int x = 0; x < a.plane(c).width; ++x)
        different += a.plane(c).row<uint8_t>(y)[x] != b.plane(c).row<uint8_t>(y)[x];
  return different;
}

// Block (x, y) of a component: dequantised coefficients, from libjpeg.
using Block = std::array<double, 64>;

struct Coefficients {
  explicit Coefficients(ByteSpan bytes)
      : reader(bytes), arrays(jpeg_read_coefficients(&reader.d)) {}

  Block block(int c, int x, int y) {
    const jpeg_component_info& info = reader.d.comp_info[c];
    JBLOCKARRAY rows = (*reader.d.mem->access_virt_barray)(
        reinterpret_cast<j_common_ptr>(&reader.d), arrays[c], static_cast<JDIMENSION>(y), 1, FALSE);
    Block block;
    for (size_t i = 0; i < 64; ++i) block[i] = rows[0][x][i] * info.quant_table->quantval[i];
    return block;
  }

  JpegReader reader;
  jvirt_barray_ptr* arrays;
};

// The definition (T.81, A.3.3) with n samples in the place of 8.
double sample_of_block(const Block& block, int n, int x, int y) {
  const auto basis = [n](int k, int i) {
    return (k == 0 ? std::numbers::sqrt2 / 2 : 1) *
           std::cos((2 * i + 1) * k * std::numbers::pi / (2 * n));
  };
  double sum = 0;
  for (int v = 0; v < n; ++v)
    for (int u = 0; u < n; ++u)
      sum += block[static_cast<size_t>(v * 8 + u)] * basis(u, x) * basis(v, y);
  return std::clamp(sum / 4 + 128, 0.0, 255.0);
}

TEST(JpegPlanes, samples_are_the_transform_of_the_lowest_frequencies) {
  for (JpegRecipe recipe : planar_recipes()) {
    if (!is_ours(recipe)) continue;
    for (const Size size : kJpegSizes) {
      recipe.size = size;
      const Bytes bytes = make_jpeg(recipe);
      Coefficients coefficients(bytes);
      for (const int n : kScales) {
        const std::optional<Image> image = decode(bytes, n);
        ASSERT_TRUE(image);
        EXPECT_EQ(image->width(), (size.width * n + 7) / 8);
        EXPECT_EQ(image->height(), (size.height * n + 7) / 8);
        double worst = 0;
        for (int c = 0; c < image->channels(); ++c) {
          const Plane& plane = image->plane(c);
          for (int by = 0; by * n < plane.height; ++by)
            for (int bx = 0; bx * n < plane.width; ++bx) {
              const Block block = coefficients.block(c, bx, by);
              for (int y = by * n; y < std::min((by + 1) * n, plane.height); ++y)
                for (int x = bx * n; x < std::min((bx + 1) * n, plane.width); ++x)
                  worst = std::max(worst, std::abs(plane.row<uint8_t>(y)[x] -
                                                   sample_of_block(block, n, x % n, y % n)));
            }
        }
        // Half of it is rounding to bytes.
        EXPECT_LE(worst, 0.51 + 0.02 * n) << to_string(image->format()) << " n " << n << " of "
                                          << size.width << "x" << size.height;
      }
    }
  }
}

TEST(JpegPlanes, are_the_same_for_every_instruction_set) {
  for (const bool is_progressive : {false, true}) {
    const Bytes bytes =
        make_jpeg({.size = {301, 77}, .is_progressive = is_progressive, .is_noise = true});
    for (const int n : kScales) {
      const std::optional<Image> best = decode(bytes, n);
      ASSERT_TRUE(best);
      for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().DeInit();
        const std::optional<Image> image = decode(bytes, n);
        ASSERT_TRUE(image);
        EXPECT_EQ(count_different(*image, *best), 0) << hwy::TargetName(target);
      }
      hwy::SetSupportedTargetsForTest(0);
      hwy::GetChosenTarget().DeInit();
    }
  }
}

TEST(JpegPlanes, leaves_everything_else_to_libjpeg) {
  for (const JpegRecipe& recipe : planar_recipes())
    EXPECT_EQ(decode(make_jpeg(recipe), 8).has_value(), is_ours(recipe));
  const JpegFactors four = {{1, 1}, {1, 1}, {1, 1}, {1, 1}};
  EXPECT_FALSE(decode(make_jpeg({.space = JCS_CMYK, .factors = four}), 8));
  EXPECT_FALSE(decode(make_jpeg({.space = JCS_RGB, .factors = {{1, 1}, {1, 1}, {1, 1}}}), 8));
  EXPECT_FALSE(decode(make_jpeg({.factors = {{3, 1}, {1, 1}, {1, 1}}}), 8));
}

TEST(JpegPlanes, stop_when_asked_to_or_out_of_time) {
  CancelToken cancel;
  cancel.request();
  for (const bool is_progressive : {false, true}) {
    const Bytes bytes = make_jpeg({.is_progressive = is_progressive});
    EXPECT_FALSE(decode(bytes, 8, {.limits = {.max_seconds = 0}}));
    EXPECT_FALSE(decode(bytes, 8, {.cancel = &cancel}));
  }
}

TEST(JpegPlanes, what_ends_early_is_left_to_libjpeg) {
  for (const JpegRecipe& recipe :
       {JpegRecipe{.size = {200, 100}}, JpegRecipe{.size = {200, 100}, .restart_blocks = 2},
        JpegRecipe{.size = {200, 100}, .is_progressive = true},
        JpegRecipe{.size = {200, 100}, .is_progressive = true, .restart_blocks = 7}}) {
    const Bytes bytes = make_jpeg(recipe);
    ASSERT_TRUE(decode(bytes, 2));
    const JpegReader reader(bytes);
    const size_t scan = bytes.size() - reader.d.src->bytes_in_buffer;
    for (size_t size = scan; size < bytes.size(); ++size)
      EXPECT_FALSE(decode(ByteSpan(bytes).first(size), 2)) << size;
  }
}

TEST(JpegPlanes, progressive_pictures_that_lack_scans_are_left_to_libjpeg) {
  const Bytes bytes = make_jpeg({.size = {200, 100}, .is_progressive = true});
  size_t scans = 0;
  for (size_t at = as_text(bytes).find("\xFF\xDA"); at != std::string_view::npos;
       at = as_text(bytes).find("\xFF\xDA", at + 2)) {
    if (++scans == 1) continue;
    Bytes cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(at));
    cut.insert(cut.end(), {std::byte{0xFF}, std::byte{0xD9}});
    EXPECT_FALSE(decode(cut, 8)) << "before scan " << scans;
  }
  EXPECT_EQ(scans, 10);
}

TEST(JpegPlanes, restart_markers_out_of_turn_are_left_to_libjpeg) {
  Bytes bytes = make_jpeg({.size = {200, 100}, .restart_blocks = 2});
  const size_t third = as_text(bytes).find("\xFF\xD2");
  ASSERT_NE(third, std::string_view::npos);
  bytes[third + 1] = std::byte{0xD3};
  EXPECT_FALSE(decode(bytes, 8));
}

// Where we deliver, libjpeg finds nothing to complain about: no damage goes unseen.
TEST(JpegPlanes, is_no_less_strict_than_libjpeg) {
  std::mt19937 random(7);
  int delivered = 0;
  for (const JpegRecipe& recipe :
       {JpegRecipe{.size = {120, 90}}, JpegRecipe{.size = {120, 90}, .restart_blocks = 5},
        JpegRecipe{.size = {90, 120}, .quality = 97, .is_optimized = true},
        JpegRecipe{.size = {120, 90}, .is_progressive = true},
        JpegRecipe{.size = {120, 90}, .is_progressive = true, .restart_blocks = 11}}) {
    const Bytes good = make_jpeg(recipe);
    const JpegReader header(good);
    const size_t scan = good.size() - header.d.src->bytes_in_buffer;
    for (int i = 0; i < 400; ++i) {
      Bytes bytes = good;
      bytes[scan + random() % (bytes.size() - scan)] ^= static_cast<std::byte>(1 << random() % 8);
      if (!decode(bytes, 8)) continue;
      ++delivered;
      JpegReader reader(bytes);
      reader.d.err->emit_message = [](j_common_ptr info, int level) {
        if (level < 0) ++info->err->num_warnings;
      };
      jpeg_start_decompress(&reader.d);
      std::vector<JSAMPLE> line(size_t{reader.d.output_width} * 3);
      JSAMPROW row = line.data();
      while (reader.d.output_scanline < reader.d.output_height)
        jpeg_read_scanlines(&reader.d, &row, 1);
      EXPECT_EQ(reader.d.err->num_warnings, 0);
    }
  }
  EXPECT_GT(delivered, 20);
}

TEST(JpegPlanes, what_cameras_write_is_ours_and_equals_libjpegs) {
  if (!test_data()) GTEST_SKIP() << "no test data here";
  int ours = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*test_data() + "/images/camera")) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const ByteSpan bytes = as_byte_span(text);
    const std::optional<Image> image = decode(bytes, 8);
    if (!image) continue;
    ++ours;
    if (image->width() * image->height() > 2'000'000) continue;  // for the test's own time
    const std::vector<RawPlane> planes = read_raw_planes(bytes);
    int different = 0;
    for (int c = 0; c < image->channels(); ++c)
      for (int y = 0; y < image->plane(c).height; ++y)
        for (int x = 0; x < image->plane(c).width; ++x)
          different +=
              image->plane(c).row<uint8_t>(y)[x] != planes[static_cast<size_t>(c)].at(x, y);
    EXPECT_EQ(different, 0) << entry.path();
  }
  EXPECT_GE(ours, 38);
}

}  // namespace
}  // namespace imagemill
