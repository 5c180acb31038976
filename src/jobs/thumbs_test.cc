// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/contact_sheet.h"
#include "support/job_run.h"
#include "support/made_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::HasSubstr;

Decoded decoded_file(const std::string& path) {
  const Bytes bytes = real_file_system().read(path, 1 << 26).value();
  return decode_image(bytes, {}).value();
}

bool is_file(const std::string& path) { return real_file_system().stat(path).has_value(); }

// Mean of a channel over a rectangle.
double mean_of(const Image& image, int channel, int x0, int y0, int width, int height) {
  double sum = 0;
  for (int y = y0; y < y0 + height; ++y)
    for (int x = x0; x < x0 + width; ++x) sum += image.plane(channel).row<uint8_t>(y)[x];
  return sum / (width * height);
}

Bytes picture(FileFormat format, Size size, PixelFormat pixels = PixelFormat::rgb()) {
  return encoded(format, painted(size, pixels, [&](int x, int y, int c) {
                   return c == pixels.channels() - 1 && pixels.has_alpha ? 0.5
                                                                         : landscape(size, x, y);
                 }));
}

TEST(Thumbs, every_kind_of_picture_gets_a_small_jpeg) {
  JobRun run;
  run.add("a/wide.jpg", picture(FileFormat::kJpeg, {900, 300}));
  run.add("gray.jpg", picture(FileFormat::kJpeg, {300, 900}, PixelFormat::gray()));
  run.add("deep.png", picture(FileFormat::kPng, {400, 400}, PixelFormat::rgb(SampleType::kU16)));
  run.add("alpha.png",
          picture(FileFormat::kPng, {640, 480}, PixelFormat::rgb(SampleType::kU8, true)));
  run.add("small.png", picture(FileFormat::kPng, {20, 30}));
  run.add("dot.png", picture(FileFormat::kPng, {1, 1}));
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run({{"thumbs", {{"size", "128"}}}}));
  EXPECT_EQ(finished.done, 6);
  const std::map<std::string, Size> expected = {
      {"thumbs/a/wide.jpg", {128, 43}},    {"thumbs/gray.jpg", {43, 128}},
      {"thumbs/deep.png.jpg", {128, 128}}, {"thumbs/alpha.png.jpg", {128, 96}},
      {"thumbs/small.png.jpg", {20, 30}},  {"thumbs/dot.png.jpg", {1, 1}},
  };
  for (const auto& [path, size] : expected) {
    ASSERT_TRUE(is_file(run.out(path))) << path;
    const Decoded thumb = decoded_file(run.out(path));
    EXPECT_EQ(thumb.header.format, FileFormat::kJpeg);
    EXPECT_EQ((Size{thumb.header.width, thumb.header.height}), size) << path;
  }
  EXPECT_EQ(run.rows("thumbs").at("a/wide.jpg").text("path"), "thumbs/a/wide.jpg");
}

TEST(Thumbs, webp_keeps_alpha) {
  JobRun run;
  run.add("alpha.png",
          picture(FileFormat::kPng, {64, 48}, PixelFormat::rgb(SampleType::kU8, true)));
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run({{"thumbs", {{"format", "webp"}}}}));
  EXPECT_EQ(finished.done, 1);
  const Decoded thumb = decoded_file(run.out("thumbs/alpha.png.webp"));
  EXPECT_TRUE(thumb.image.format().has_alpha);
}

TEST(Thumbs, all_orientations_come_out_upright) {
  // Seen upright, the picture is 96 x 64, dark on the left and bright on top of the right half.
  constexpr Size kSeen{96, 64};
  const auto seen = [&](int x, int y) {
    return x < kSeen.width / 2 ? 0.1 : y < kSeen.height / 2 ? 0.9 : 0.5;
  };
  JobRun run;
  for (int o = 1; o <= 8; ++o) {
    const Size stored = oriented(kSeen, static_cast<Orientation>(o));
    const Image image = painted(stored, PixelFormat::gray(), [&](int x, int y, int) {
      // Where the viewer puts the stored sample (x, y).
      const int w = stored.width, h = stored.height;
      switch (o) {
        case 2:
          return seen(w - 1 - x, y);
        case 3:
          return seen(w - 1 - x, h - 1 - y);
        case 4:
          return seen(x, h - 1 - y);
        case 5:
          return seen(y, x);
        case 6:
          return seen(h - 1 - y, x);
        case 7:
          return seen(h - 1 - y, w - 1 - x);
        case 8:
          return seen(y, w - 1 - x);
        default:
          return seen(x, y);
      }
    });
    run.add(fmt::format("{}.jpg", o), encoded(FileFormat::kJpeg, image, exif_with_orientation(o)));
  }
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run({{"thumbs", {{"size", "48"}}}}));
  ASSERT_EQ(finished.done, 8);
  for (int o = 1; o <= 8; ++o) {
    const Image thumb = decoded_file(run.out(fmt::format("thumbs/{}.jpg", o))).image;
    ASSERT_EQ((Size{thumb.width(), thumb.height()}), (Size{48, 32})) << o;
    EXPECT_NEAR(mean_of(thumb, 0, 4, 4, 16, 24), 26, 6) << o;
    EXPECT_NEAR(mean_of(thumb, 0, 28, 4, 16, 8), 230, 6) << o;
    EXPECT_NEAR(mean_of(thumb, 0, 28, 20, 16, 8), 128, 6) << o;
  }
}

TEST(Thumbs, sheet_shows_pictures_in_key_order) {
  JobRun run;
  const std::array<double, 5> shades = {0.1, 0.3, 0.5, 0.7, 0.9};
  for (size_t i = 0; i < shades.size(); ++i)
    run.add(fmt::format("{}.png", i),
            encoded(FileFormat::kPng, painted({40, 20}, PixelFormat::gray(),
                                              [&](int, int, int) { return shades[i]; })));
  ASSERT_OK_AND_ASSIGN(
      const RunFinished finished,
      run.run({{"thumbs", {{"size", "32"}, {"sheet-columns", "3"}, {"quality", "95"}}}}));
  EXPECT_EQ(finished.done, 5);
  const Image sheet = decoded_file(run.out("contact_sheet.jpg")).image;
  EXPECT_EQ((Size{sheet.width(), sheet.height()}), (Size{8 + 3 * 40, 8 + 2 * 40}));
  for (size_t i = 0; i < shades.size(); ++i) {
    const int x = 8 + static_cast<int>(i % 3) * 40, y = 8 + static_cast<int>(i / 3) * 40;
    EXPECT_NEAR(mean_of(sheet, 0, x + 4, y + 12, 24, 8), 255 * shades[i], 6) << i;
    EXPECT_GT(mean_of(sheet, 0, x + 4, y, 24, 4), 245) << "above a wide picture is white " << i;
  }
  EXPECT_GT(mean_of(sheet, 0, 88 + 4, 48 + 12, 24, 8), 250) << "the sixth cell is empty";
}

TEST(Thumbs, many_pictures_fill_many_sheets_up_to_the_limit) {
  JobRun run;
  for (int i = 0; i < 7; ++i)
    run.add(fmt::format("{}.png", i), picture(FileFormat::kPng, {16, 16}));
  const std::vector<JobRequest> jobs = {
      {"thumbs", {{"sheet-columns", "2"}, {"sheet-rows", "1"}, {"sheet-max", "3"}}}};
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run(jobs));
  EXPECT_EQ(finished.done, 7);
  for (const char* name : {"contact_sheet_1.jpg", "contact_sheet_2.jpg", "contact_sheet_3.jpg"})
    EXPECT_TRUE(is_file(run.out(name))) << name;
  EXPECT_FALSE(is_file(run.out("contact_sheet_4.jpg")));
  EXPECT_THAT(run.listener.warnings, testing::ElementsAre(HasSubstr("1 pictures are on no")));
}

TEST(Thumbs, a_sheet_never_replaces_what_is_not_its_own) {
  JobRun run;
  run.add("contact_sheet.jpg", picture(FileFormat::kJpeg, {100, 50}));
  const std::vector<JobRequest> jobs = {{"prepare", {}}, {"thumbs", {}}};
  for (const char* on_conflict : {"overwrite", "overwrite"}) {
    ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run(jobs, {{"on-conflict", on_conflict}}));
    EXPECT_EQ(finished.done, 1);
    EXPECT_EQ(decoded_file(run.out("contact_sheet.jpg")).header.width, 100);
    EXPECT_TRUE(is_file(run.out("contact_sheet~2.jpg")));
    EXPECT_FALSE(is_file(run.out("contact_sheet~3.jpg"))) << "the second run knows its own";
  }
}

TEST(Thumbs, a_foreign_file_in_the_way_stays) {
  JobRun run;
  run.add("a.jpg", picture(FileFormat::kJpeg, {100, 50}));
  run.add("../out/contact_sheet.jpg", as_byte_span("mine"));
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run({{"thumbs", {}}}));
  EXPECT_EQ(finished.done, 1);
  EXPECT_EQ(as_text(real_file_system().read(run.out("contact_sheet.jpg"), 100).value()), "mine");
  EXPECT_THAT(run.listener.warnings, testing::ElementsAre(HasSubstr("exists already")));
}

TEST(Thumbs, an_archive_has_previews_but_no_sheet) {
  JobRun run;
  run.add("a.jpg", picture(FileFormat::kJpeg, {100, 50}));
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run({{"thumbs", {}}}, {}, "out.zip"));
  EXPECT_EQ(finished.outcome, RunFinished::Outcome::kComplete);
  EXPECT_THAT(run.listener.warnings, testing::ElementsAre(HasSubstr("no contact sheet")));
}

TEST(ContactSheet, a_cell_that_is_skipped_stays_white) {
  ASSERT_OK_AND_ASSIGN(ContactSheet sheet,
                       ContactSheet::open({.columns = 2, .rows = 2, .cell = 16}, 3));
  Resizer resizer;
  sheet.skip();
  const Image black = painted({64, 64}, PixelFormat::gray(), [](int, int, int) { return 0; });
  ASSERT_THAT(sheet.add(black, resizer), IsOk());
  EXPECT_EQ((Size{sheet.image().width(), sheet.image().height()}), (Size{56, 56}));
  EXPECT_EQ(mean_of(sheet.image(), 0, 8, 8, 16, 16), 255);
  EXPECT_EQ(mean_of(sheet.image(), 0, 32, 8, 16, 16), 0);
}

TEST(Thumbs, of_prepare_show_what_it_made) {
  JobRun run;
  run.add("wide.jpg", picture(FileFormat::kJpeg, {900, 300}));
  run.add("alpha.png",
          picture(FileFormat::kPng, {640, 480}, PixelFormat::rgb(SampleType::kU16, true)));
  run.add("p3.jpg", make_picture_file({.size = {600, 600}, .has_p3_profile = true}));
  const std::map<std::string, std::string> prepare = {
      {"size", "400x200"}, {"fit", "cover"}, {"icc", "keep"}};
  ASSERT_OK_AND_ASSIGN(
      const RunFinished finished,
      run.run({{"thumbs", {{"of", "prepare"}, {"size", "100"}}}, {"prepare", prepare}}));
  EXPECT_EQ(finished.done, 3);
  for (const auto& [key, row] : run.rows("thumbs")) {
    EXPECT_EQ(row.integer("width"), 100) << key;
    EXPECT_EQ(row.integer("height"), 50) << key << ": as prepare cut it";
  }
  // prepare kept the profile; the preview is in sRGB all the same.
  const Image cut = decoded_file(run.out("thumbs/p3.jpg")).image;
  ASSERT_THAT(run.run({{"thumbs", {{"size", "100"}}}}, {}, "original"), IsOk());
  const Image whole = decoded_file(run.out("thumbs/p3.jpg")).image;
  for (int c = 0; c < 3; ++c)
    EXPECT_NEAR(mean_of(cut, c, 4, 4, 16, 8), mean_of(whole, c, 4, 4, 16, 8), 2) << c;
}

// A blue picture with a red thumbnail: which of the two was looked at can be seen.
Bytes blue_with_red_thumbnail(Size thumbnail, int orientation = 1, Size size = {640, 480}) {
  const Bytes red = make_picture_file({.size = thumbnail, .color = Rgb{220, 20, 20}});
  Metadata metadata;
  metadata.exif = make_exif_with_thumbnail(orientation, red);
  const Image blue = made_image({.size = size, .color = Rgb{20, 20, 220}});
  return encoder_for(FileFormat::kJpeg)->encode(blue, {}, metadata).value();
}

bool is_red(const std::string& path) {
  const Decoded decoded = decoded_file(path);
  const Image& image = decoded.image;
  return mean_of(image, 2, 0, 0, image.plane(2).width, image.plane(2).height) > 128;  // Cr
}

TEST(Thumbs, the_cameras_own_thumbnail_where_it_is_enough) {
  JobRun run;
  run.add("fit.jpg", blue_with_red_thumbnail({160, 120}));
  run.add("turned.jpg", blue_with_red_thumbnail({160, 120}, 6));
  run.add("small.jpg", blue_with_red_thumbnail({120, 90}));
  run.add("bars.jpg", blue_with_red_thumbnail({160, 120}, 1, {640, 426}));
  run.add("larger.jpg", blue_with_red_thumbnail({176, 132}, 1, {100, 75}));
  run.add("none.jpg", picture(FileFormat::kJpeg, {640, 480}));
  run.add("none.png", picture(FileFormat::kPng, {640, 480}));
  const Bytes whole = blue_with_red_thumbnail({160, 120});
  Bytes damaged = whole;
  std::fill_n(damaged.begin() + 900, 60, std::byte{0xFF});  // within the thumbnail's data
  run.add("damaged.jpg", damaged);

  const JobRequest job{"thumbs", {{"size", "160"}, {"exif-thumbnail", "true"}}};
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run({job}));
  EXPECT_EQ(finished.done, 8);
  const auto rows = run.rows("thumbs");
  for (const auto& [key, item] : run.items()) {
    const bool expected = key == "fit.jpg" || key == "turned.jpg";
    EXPECT_EQ(rows.at(key).text("source"), expected ? "thumbnail" : "picture") << key;
    EXPECT_EQ(item.decode_scale == "thumbnail", expected) << key << " " << item.decode_scale;
    EXPECT_EQ(item.width, key == "larger.jpg" ? 100 : 640)
        << key << ": the row is about the picture";
  }
  EXPECT_TRUE(is_red(run.out("thumbs/fit.jpg")));
  EXPECT_FALSE(is_red(run.out("thumbs/small.jpg")));
  EXPECT_FALSE(is_red(run.out("thumbs/damaged.jpg")));
  const Decoded turned = decoded_file(run.out("thumbs/turned.jpg"));
  EXPECT_EQ((Size{turned.header.width, turned.header.height}), (Size{120, 160}));
}

TEST(Thumbs, no_thumbnail_where_it_was_not_asked_for_or_the_picture_is_decoded_anyway) {
  const JobRequest asked{"thumbs", {{"size", "160"}, {"exif-thumbnail", "true"}}};
  const JobRequest plain{"thumbs", {{"size", "160"}}};
  const JobRequest quality{"quality", {{"where", "item.width > 1000"}}};
  const auto source = [](const std::vector<JobRequest>& jobs, Size size) {
    JobRun run;
    run.add("a.jpg", blue_with_red_thumbnail({160, 120}, 1, size));
    EXPECT_THAT(run.run(jobs), IsOk());
    return run.rows("thumbs").at("a.jpg").text("source");
  };
  EXPECT_EQ(source({plain}, {640, 480}), "picture");
  EXPECT_EQ(source({asked, quality}, {1600, 1200}), "picture");
  EXPECT_EQ(source({asked, quality}, {640, 480}), "thumbnail") << "quality leaves it out";
}

}  // namespace
}  // namespace imagemill
