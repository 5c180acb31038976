// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/stability.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/picture_variants.h"
#include "support/colour_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class StabilityTest : public testing::Test {
 protected:
  Result<StabilityReport> run(size_t sample = 32) {
    std::string output = pictures_.run.out();
    output.pop_back();
    return measure_stability({.output = output, .sample = sample, .setup = pictures_.setup()},
                             listener_, CancelToken());
  }

  static const VariantStability& variant(const StabilityReport& report, std::string_view name) {
    for (const VariantStability& v : report.variants)
      if (v.name == name) return v;
    ADD_FAILURE() << name;
    return report.variants.front();
  }

  ColourPictures pictures_;
  ToldListener listener_;
};

// The mean of each channel neither mirroring nor blurring changes; more light does.
TEST_F(StabilityTest, measures_what_a_network_overlooks_and_what_not) {
  pictures_.add_reds(12);
  ASSERT_THAT(pictures_.embed(), IsOk());
  ASSERT_OK_AND_ASSIGN(const StabilityReport report, run());
  EXPECT_EQ(report.pictures, 12u);
  EXPECT_EQ(report.sample, 12u);
  EXPECT_THAT(report.skipped, SizeIs(0));
  ASSERT_THAT(report.variants, SizeIs(picture_variants().size()));
  for (const std::string_view name : {"unchanged", "mirrored", "blurred", "half size"}) {
    const VariantStability& v = variant(report, name);
    EXPECT_EQ(v.pictures, 12u) << name;
    EXPECT_NEAR(v.mean, 1, 1e-5) << name;
    EXPECT_NEAR(v.worst, 1, 1e-5) << name;
    EXPECT_NEAR(v.found, 1, 1e-9) << name;
  }
  const VariantStability& brighter = variant(report, "brighter");
  EXPECT_LT(brighter.worst, 0.99);
  EXPECT_LE(brighter.worst, brighter.p5);
  EXPECT_LE(brighter.p5, brighter.mean);
  EXPECT_LT(brighter.found, 1);
  EXPECT_THAT(brighter.worst_key, HasSubstr("in/"));
  const auto json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json["variants"].size(), report.variants.size());
}

TEST_F(StabilityTest, takes_a_sample_and_leaves_out_what_is_gone) {
  pictures_.add_reds(10);
  ASSERT_THAT(pictures_.embed({{"dtype", "f16"}, {"chunk", "3"}}), IsOk());
  std::filesystem::remove(pictures_.run.in("05.png"));
  ASSERT_OK_AND_ASSIGN(const StabilityReport report, run(4));  // rows 0, 2, 5, 7
  EXPECT_EQ(report.sample, 4u);
  ASSERT_THAT(report.skipped, SizeIs(1));
  EXPECT_EQ(report.skipped[0].key, "in/05.png");
  EXPECT_EQ(report.variants.front().pictures, 3u);
  EXPECT_NEAR(report.variants.front().mean, 1, 1e-5);
}

TEST_F(StabilityTest, says_so_when_no_picture_is_left) {
  pictures_.add_reds(2);
  ASSERT_THAT(pictures_.embed(), IsOk());
  std::filesystem::remove_all(pictures_.run.in());
  EXPECT_THAT(run(), FailsWith(Code::kNotFound, HasSubstr("--input")));
  EXPECT_THAT(run(0), FailsWith(Code::kInvalidArgument, HasSubstr("--sample")));
}

TEST(PictureVariants, are_pictures_of_the_expected_sizes) {
  const Bytes file =
      encoded(FileFormat::kPng, painted({50, 31}, PixelFormat::rgb(SampleType::kU8, true),
                                        [](int x, int, int c) { return c == 3 ? 0.5 : x / 50.0; }));
  ViewTools tools;
  std::vector<Size> sizes;
  ASSERT_THAT(make_variants(file, CodecSet(), tools,
                            [&](size_t variant, std::string_view, ByteSpan bytes) -> Result<> {
                              EXPECT_EQ(variant, sizes.size());
                              IMAGEMILL_ASSIGN_OR_RETURN(const ImageHeader header,
                                                         read_image_header(bytes));
                              sizes.push_back({header.width, header.height});
                              return {};
                            }),
              IsOk());
  ASSERT_THAT(sizes, SizeIs(picture_variants().size()));
  for (size_t i = 0; i < sizes.size(); ++i)
    EXPECT_EQ(sizes[i], picture_variants()[i].name == "half size" ? (Size{25, 15}) : (Size{50, 31}))
        << picture_variants()[i].name;
}

}  // namespace
}  // namespace imagemill
