// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "kernels/phash.h"
#include "support/job_run.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

Bytes landscape_file(FileFormat format, Size size, PixelFormat pixels = PixelFormat::rgb()) {
  return encoded(format, painted(size, pixels, [&](int x, int y, int c) {
                   return c == pixels.channels() - 1 && pixels.has_alpha ? 1.0
                                                                         : landscape(size, x, y);
                 }));
}

Bytes flat_file(double value, PixelFormat pixels = PixelFormat::gray()) {
  return encoded(FileFormat::kPng,
                 painted({600, 400}, pixels, [&](int, int, int) { return value; }));
}

uint64_t hash_in(const NamedRow& row, const std::string& column) {
  return std::stoull(row.text(column), nullptr, 16);
}

// Two decodes of one picture, at different scales.
void expect_alike(const NamedRow& a, const NamedRow& b, const std::string& key) {
  for (const char* column : {"mean", "p1", "p99", "contrast"})
    EXPECT_NEAR(a.real(column), b.real(column), 0.02) << key << ' ' << column;
  EXPECT_NEAR(a.real("entropy"), b.real("entropy"), 0.1) << key;
  EXPECT_LT(std::abs(std::log(a.real("sharpness") / b.real("sharpness"))), 0.7) << key;
  EXPECT_LE(hash_distance(hash_in(a, "phash"), hash_in(b, "phash")), 6) << key;
  EXPECT_LE(hash_distance(hash_in(a, "dhash"), hash_in(b, "dhash")), 6) << key;
  EXPECT_EQ(a.text("content_hash"), b.text("content_hash")) << key;
}

TEST(Quality, flat_pictures_have_the_values_worked_out_by_hand) {
  JobRun run;
  run.add("black.png", flat_file(0));
  run.add("white.png", flat_file(1));
  // 51 of 255 everywhere.
  run.add("dark.png", flat_file(0.2, PixelFormat::rgb(SampleType::kU16)));
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run({{"quality", {}}}));
  ASSERT_EQ(finished.done, 3);
  const auto rows = run.rows("quality");
  for (const auto& [key, row] : rows) {
    EXPECT_EQ(row.real("sharpness"), 0) << key;
    EXPECT_EQ(row.real("contrast"), 0) << key;
    EXPECT_EQ(row.real("entropy"), 0) << key;
    EXPECT_EQ(row.integer("near_uniform"), 1) << key;
  }
  EXPECT_EQ(rows.at("black.png").real("clipped_low"), 1);
  EXPECT_EQ(rows.at("white.png").real("clipped_high"), 1);
  EXPECT_NEAR(rows.at("dark.png").real("mean"), 0.2, 1e-9);
  EXPECT_EQ(rows.at("dark.png").text("pixel_format"), "rgb16");
}

TEST(Quality, blur_lowers_sharpness) {
  JobRun run;
  constexpr Size kSize{500, 400};
  const auto board = [](int block) {
    return painted(kSize, PixelFormat::gray(),
                   [block](int x, int y, int) { return (x / block + y / block) % 2; });
  };
  run.add("fine.png", encoded(FileFormat::kPng, board(2)));
  run.add("coarse.png", encoded(FileFormat::kPng, board(50)));
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run({{"quality", {}}}));
  ASSERT_EQ(finished.done, 2);
  const auto rows = run.rows("quality");
  EXPECT_GT(rows.at("fine.png").real("sharpness"), 4 * rows.at("coarse.png").real("sharpness"));
  EXPECT_NEAR(rows.at("fine.png").real("contrast"), 0.5, 0.01);
  EXPECT_NEAR(rows.at("fine.png").real("entropy"), 1, 0.01);
}

TEST(Quality, what_transparency_hides_does_not_count) {
  JobRun run;
  const PixelFormat pixels = PixelFormat::rgb(SampleType::kU8, true);
  run.add("hidden.png",
          encoded(FileFormat::kPng, painted({64, 64}, pixels, [](int x, int y, int c) {
                    return c == 3 ? 0 : (x + y) % 2;
                  })));
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run({{"quality", {}}}));
  ASSERT_EQ(finished.done, 1);
  const NamedRow row = run.rows("quality").at("hidden.png");
  EXPECT_EQ(row.real("mean"), 1) << "seen on white";
  EXPECT_EQ(row.real("sharpness"), 0);
}

TEST(Quality, the_same_alone_and_in_company) {
  JobRun run;
  run.add("large.jpg", landscape_file(FileFormat::kJpeg, {2400, 1800}));
  run.add("gray.jpg", landscape_file(FileFormat::kJpeg, {1300, 1700}, PixelFormat::gray()));
  run.add("deep.png",
          landscape_file(FileFormat::kPng, {700, 500}, PixelFormat::rgb(SampleType::kU16, true)));
  run.add("tiny.png", landscape_file(FileFormat::kPng, {3, 2}));
  ASSERT_OK_AND_ASSIGN(RunFinished finished, run.run({{"quality", {}}}, {}, "alone"));
  ASSERT_EQ(finished.done, 4);
  const auto alone = run.rows("quality");
  EXPECT_EQ(run.items().at("large.jpg").decode_scale, "2/8");

  ASSERT_OK_AND_ASSIGN(
      finished,
      run.run({{"prepare", {{"size", "640"}}}, {"thumbs", {}}, {"quality", {}}}, {}, "company"));
  ASSERT_EQ(finished.done, 4);
  const auto company = run.rows("quality");
  EXPECT_EQ(run.items().at("large.jpg").decode_scale, "3/8") << "one decode, as prepare needs it";
  ASSERT_EQ(alone.size(), company.size());
  for (const auto& [key, row] : alone)
    if (key != "tiny.png") expect_alike(row, company.at(key), key);
  EXPECT_EQ(alone.at("tiny.png").values, company.at("tiny.png").values);
}

TEST(Quality, of_camera_originals_alone_and_in_company) {
  const auto data = test_data();
  if (!data) GTEST_SKIP() << "no test data folder";
  JobRun run;
  int taken = 0;
  for (const auto& file : std::filesystem::directory_iterator(*data + "/images/camera")) {
    if (file.path().extension() != ".jpg" || file.file_size() > 1'500'000 || ++taken > 8) continue;
    run.add(file.path().filename().string(), real_file_system().read(file.path(), 1 << 24).value());
  }
  ASSERT_THAT(run.run({{"quality", {}}}, {}, "alone"), IsOk());
  const auto alone = run.rows("quality");
  ASSERT_THAT(run.run({{"prepare", {{"size", "640"}}}, {"quality", {}}}, {}, "company"), IsOk());
  const auto company = run.rows("quality");
  ASSERT_GE(alone.size(), 4u);
  for (const auto& [key, row] : alone) expect_alike(row, company.at(key), key);
}

TEST(Quality, turned_pictures_measure_the_same) {
  JobRun run;
  const Image image = painted({300, 200}, PixelFormat::gray(),
                              [](int x, int y, int) { return landscape({300, 200}, x, y); });
  for (const int o : {1, 6, 3})
    run.add(fmt::format("{}.jpg", o), encoded(FileFormat::kJpeg, image, exif_with_orientation(o)));
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run({{"quality", {}}}));
  ASSERT_EQ(finished.done, 3);
  const auto rows = run.rows("quality");
  for (const char* column : {"sharpness", "mean", "contrast", "entropy"}) {
    EXPECT_NEAR(rows.at("6.jpg").real(column), rows.at("1.jpg").real(column), 1e-6) << column;
    EXPECT_NEAR(rows.at("3.jpg").real(column), rows.at("1.jpg").real(column), 1e-6) << column;
  }
  EXPECT_NE(rows.at("6.jpg").text("phash"), rows.at("1.jpg").text("phash"))
      << "hashes are of the upright picture";
}

TEST(Quality, csv_has_a_line_for_every_row_and_survives_strange_names) {
  JobRun run;
  const Bytes file = landscape_file(FileFormat::kPng, {64, 48});
  run.add("plain.png", file);
  run.add("with, comma and \"quotes\".png", file);
  run.add("broken.png", as_byte_span("\x89PNG\r\n\x1a\n nothing more"));
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run({{"quality", {}}}));
  EXPECT_EQ(finished.done, 2);
  EXPECT_EQ(finished.failed, 1);
  const Bytes bytes = real_file_system().read(run.out("quality.csv"), 1 << 20).value();
  const std::string text(as_text(bytes));
  EXPECT_TRUE(
      text.starts_with("key,sharpness,mean,p1,p99,clipped_low,clipped_high,contrast,"
                       "entropy,near_uniform,phash,dhash,content_hash,pixel_format,"
                       "profile\r\n"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 3);
  EXPECT_THAT(text, testing::HasSubstr("\r\nin/plain.png,"));
  EXPECT_THAT(text, testing::HasSubstr("\r\n\"in/with, comma and \"\"quotes\"\".png\","));
  EXPECT_THAT(text, testing::HasSubstr(hash_content(file).hex()));
}

TEST(Quality, csv_is_in_the_archive_and_beside_the_shards) {
  JobRun run;
  run.add("a.png", landscape_file(FileFormat::kPng, {64, 48}));
  const std::vector<JobRequest> jobs = {{"prepare", {}}, {"quality", {}}};
  for (int again = 0; again < 2; ++again) {
    ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run(jobs, {}, "out.zip"));
    EXPECT_EQ(finished.outcome, RunFinished::Outcome::kComplete) << finished.error;
  }
  const Bytes zip =
      real_file_system().read(run.out().substr(0, run.out().size() - 1), 1 << 20).value();
  const std::string_view text = as_text(zip);
  EXPECT_NE(text.find("quality.csv"), std::string_view::npos);

  ASSERT_OK_AND_ASSIGN(const RunFinished shards,
                       run.run(jobs, {{"layout", "webdataset"}}, "shards"));
  EXPECT_EQ(shards.outcome, RunFinished::Outcome::kComplete) << shards.error;
  EXPECT_TRUE(real_file_system().stat(run.out("quality.csv")).has_value());
}

}  // namespace
}  // namespace imagemill
