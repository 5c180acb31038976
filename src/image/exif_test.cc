// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "image/exif.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using std::string_view_literals::operator""sv;

constexpr uint16_t kAscii = 2, kShort = 3, kLong = 4, kRational = 5, kUndefined = 7;

// Writes a TIFF stream by hand, value bytes wherever the test wants them.
class BlockWriter {
 public:
  explicit BlockWriter(bool big_endian) : big_(big_endian) {
    raw(big_ ? "MM\0*"sv : "II*\0"sv);
    u32(8);
  }
  BlockWriter& raw(std::string_view bytes) {
    const ByteSpan span = as_byte_span(bytes);
    out.insert(out.end(), span.begin(), span.end());
    return *this;
  }
  BlockWriter& u16(uint32_t value) {
    const char high = static_cast<char>(value >> 8), low = static_cast<char>(value);
    const char bytes[] = {big_ ? high : low, big_ ? low : high};
    return raw({bytes, 2});
  }
  BlockWriter& u32(uint32_t value) {
    return big_ ? u16(value >> 16).u16(value & 0xFFFF) : u16(value & 0xFFFF).u16(value >> 16);
  }
  BlockWriter& entry(uint16_t tag, uint16_t type, uint32_t count, uint32_t value) {
    u16(tag).u16(type).u32(count);
    return type == kShort && count == 1 ? u16(value).u16(0) : u32(value);
  }
  BlockWriter& until(size_t offset) {
    EXPECT_LE(out.size(), offset);
    out.resize(offset);
    return *this;
  }
  Bytes out;

 private:
  bool big_;
};

constexpr std::string_view kMakerNote = "MAKER\0\x01\x02\x03 offsets inside"sv;

// IFD0 at 8, Exif directory at 100, its values from 240, GPS at 400, IFD1 at 560, a byte of
// padding, thumbnail at 591.
Bytes camera_block(bool big_endian) {
  BlockWriter w(big_endian);
  w.u16(5)
      .entry(0x010F, kAscii, 6, 220)
      .entry(0x0110, kAscii, 3, big_endian ? 0x58310000 : 0x00003158)
      .entry(0x0112, kShort, 1, 6)
      .entry(0x8769, kLong, 1, 100)
      .entry(0x8825, kLong, 1, 400)
      .u32(560);
  w.until(100)
      .u16(9)
      .entry(0x829A, kRational, 1, 240)
      .entry(0x8827, kShort, 1, 200)
      .entry(0x9003, kAscii, 20, 250)
      .entry(0x9011, kAscii, 7, 270)
      .entry(0x920A, kRational, 1, 280)
      .entry(0x9291, kAscii, 3, big_endian ? 0x32350000 : 0x00003532)
      .entry(0x927C, kUndefined, static_cast<uint32_t>(kMakerNote.size()), 300)
      .entry(0xA002, kShort, 1, 4000)
      .entry(0xA003, kLong, 1, 3000)
      .u32(0);
  w.until(220).raw("Canon\0"sv);
  w.until(240).u32(1).u32(125);
  w.until(250).raw("2019:07:04 12:34:56\0"sv);
  w.until(270).raw("+02:00\0"sv);
  w.until(280).u32(35).u32(1);
  w.until(300).raw(kMakerNote);
  w.until(400)
      .u16(5)
      .entry(1, kAscii, 2, big_endian ? 0x53000000 : 'S')
      .entry(2, kRational, 3, 480)
      .entry(3, kAscii, 2, big_endian ? 0x45000000 : 'E')
      .entry(4, kRational, 3, 504)
      .entry(6, kRational, 1, 528)
      .u32(0);
  w.until(480).u32(33).u32(1).u32(52).u32(1).u32(1234).u32(100);
  w.until(504).u32(151).u32(1).u32(12).u32(1).u32(0).u32(0);
  w.until(528).u32(581).u32(10);
  w.until(560).u16(2).entry(0x0201, kLong, 1, 591).entry(0x0202, kLong, 1, 10).u32(0);
  w.until(591).raw("\xFF\xD8thumb!\xFF\xD9"sv);
  return std::move(w.out);
}

class ExifByteOrder : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(BothOrders, ExifByteOrder, testing::Bool());

TEST_P(ExifByteOrder, reads_what_a_camera_writes) {
  ASSERT_OK_AND_ASSIGN(const ExifSummary exif, read_exif(camera_block(GetParam())));
  EXPECT_EQ(exif.orientation, Orientation::kRotate90);
  EXPECT_EQ(exif.camera_make, "Canon");
  EXPECT_EQ(exif.camera_model, "X1");
  EXPECT_EQ(exif.taken_at, "2019-07-04T12:34:56.25+02:00");
  EXPECT_EQ(exif.exposure_seconds, 1.0 / 125);
  EXPECT_EQ(exif.iso, 200u);
  EXPECT_EQ(exif.focal_length_mm, 35);
  EXPECT_EQ(exif.pixel_size, (Size{4000, 3000}));
  ASSERT_TRUE(exif.gps.has_value());
  EXPECT_NEAR(exif.gps->latitude_deg, -(33 + 52 / 60.0 + 12.34 / 3600), 1e-9);
  EXPECT_NEAR(exif.gps->longitude_deg, 151.2, 1e-9);
  EXPECT_NEAR(exif.gps->altitude_m.value_or(0), 58.1, 1e-9);
  EXPECT_EQ(exif.thumbnail_offset, 591u);
  EXPECT_EQ(exif.thumbnail_bytes, 10u);
  EXPECT_EQ(exif_orientation(camera_block(GetParam())), Orientation::kRotate90);
}

TEST_P(ExifByteOrder, patch_changes_only_what_it_must) {
  const Bytes before = camera_block(GetParam());
  const Bytes after =
      patch_exif(before, {.orientation = Orientation::kNormal, .pixel_size = {640, 70000}});
  ASSERT_OK_AND_ASSIGN(const ExifSummary exif, read_exif(after));
  EXPECT_EQ(exif.orientation, Orientation::kNormal);
  EXPECT_EQ(exif.pixel_size, (Size{640, 70000}));
  EXPECT_EQ(exif.thumbnail_bytes, 0u);
  EXPECT_TRUE(exif.gps.has_value());
  EXPECT_EQ(exif.taken_at, "2019-07-04T12:34:56.25+02:00");
  EXPECT_EQ(after.size(), 560u) << "IFD1 and the thumbnail end the block and are cut off";
  EXPECT_EQ(as_text(after).substr(300, kMakerNote.size()), kMakerNote);
}

TEST_P(ExifByteOrder, a_size_too_large_for_its_tag_widens_it) {
  const Bytes after = patch_exif(camera_block(GetParam()), {.pixel_size = {70000, 20}});
  ASSERT_OK_AND_ASSIGN(const ExifSummary exif, read_exif(after));
  EXPECT_EQ(exif.pixel_size, (Size{70000, 20}));
}

TEST_P(ExifByteOrder, dropped_places_leave_no_bytes) {
  const Bytes after =
      patch_exif(camera_block(GetParam()), {.drop_thumbnail = false, .drop_gps = true});
  ASSERT_OK_AND_ASSIGN(const ExifSummary exif, read_exif(after));
  EXPECT_FALSE(exif.gps.has_value());
  EXPECT_EQ(exif.camera_make, "Canon");
  EXPECT_EQ(exif.taken_at, "2019-07-04T12:34:56.25+02:00");
  EXPECT_EQ(exif.thumbnail_bytes, 10u) << "the link to IFD1 moved with the end of IFD0";
  EXPECT_EQ(as_text(after).substr(400, 136), std::string(136, '\0'));
  EXPECT_EQ(as_text(after).substr(300, kMakerNote.size()), kMakerNote);
}

TEST(Exif, a_thumbnail_in_the_middle_is_zeroed_in_place) {
  Bytes block = camera_block(false);
  const std::string_view behind = "data that only a maker note knows";
  const ByteSpan tail = as_byte_span(behind);
  block.insert(block.end(), tail.begin(), tail.end());
  const Bytes after = patch_exif(block, {});
  ASSERT_EQ(after.size(), block.size());
  EXPECT_EQ(as_text(after).substr(560, 41), std::string(41, '\0'));
  EXPECT_EQ(as_text(after).substr(601), behind);
}

TEST(Exif, bytes_that_a_kept_tag_shares_with_the_thumbnail_stay) {
  BlockWriter w(false);
  w.u16(1).entry(0x010F, kAscii, 6, 64).u32(26);
  w.until(26).u16(1).entry(0x010F, kAscii, 6, 64).u32(0);
  w.until(64).raw("Canon\0"sv);
  const Bytes after = patch_exif(w.out, {});
  ASSERT_OK_AND_ASSIGN(const ExifSummary exif, read_exif(after));
  EXPECT_EQ(exif.camera_make, "Canon");
}

TEST(Exif, minimal_block_has_the_time_and_nothing_personal) {
  ASSERT_OK_AND_ASSIGN(const ExifSummary full, read_exif(camera_block(true)));
  const Bytes block = make_minimal_exif(full, {640, 480});
  ASSERT_OK_AND_ASSIGN(const ExifSummary exif, read_exif(block));
  EXPECT_EQ(exif.taken_at, full.taken_at);
  EXPECT_EQ(exif.pixel_size, (Size{640, 480}));
  EXPECT_EQ(exif.orientation, Orientation::kNormal);
  EXPECT_EQ(exif.camera_make, "");
  EXPECT_EQ(exif.camera_model, "");
  EXPECT_FALSE(exif.gps.has_value());
  EXPECT_LT(block.size(), 256u);
  EXPECT_TRUE(make_minimal_exif(ExifSummary{}, {640, 480}).empty());
}

TEST(Exif, minimal_block_keeps_a_time_without_fraction_or_offset) {
  ExifSummary summary;
  for (const char* time :
       {"2001-02-03T04:05:06", "2001-02-03T04:05:06-08:00", "2001-02-03T04:05:06.123456"}) {
    summary.taken_at = time;
    ASSERT_OK_AND_ASSIGN(const ExifSummary exif, read_exif(make_minimal_exif(summary, {1, 1})));
    EXPECT_EQ(exif.taken_at, time);
  }
}

TEST(Exif, times_that_are_none_are_not_reported) {
  for (const auto time : {"    :  :     :  :  "sv, "0000:00:00 00:00:00"sv, "2019:13:01 00:00:00"sv,
                          "2019-07-04 12:34:56"sv, "garbage"sv}) {
    BlockWriter w(false);
    w.u16(1).entry(0x0132, kAscii, 20, 26).u32(0).raw(time).until(46);
    ASSERT_OK_AND_ASSIGN(const ExifSummary exif, read_exif(w.out));
    EXPECT_EQ(exif.taken_at, "") << time;
  }
}

TEST(Exif, what_is_no_block_is_normal_corrupt_and_dropped) {
  for (const auto bytes : {""sv, "II*\0"sv, "II*\0\x08\0\0\0"sv, "II*\0\0\0\0\0\x01\0"sv,
                           "MM*\0\0\0\0\x08\0\0\0\0\0\0"sv, "II*\0\xFF\xFF\xFF\xFF\0\0\0\0"sv}) {
    const ByteSpan block = as_byte_span(bytes);
    EXPECT_EQ(exif_orientation(block), Orientation::kNormal);
    EXPECT_THAT(read_exif(block), FailsWith(Code::kCorruptInput));
    EXPECT_TRUE(patch_exif(block, {}).empty());
  }
}

TEST(Exif, a_table_that_runs_over_the_end_is_read_as_far_as_it_goes) {
  BlockWriter w(false);
  w.u16(400).entry(0x0112, kShort, 1, 8);
  EXPECT_EQ(exif_orientation(w.out), Orientation::kRotate270);
  EXPECT_TRUE(patch_exif(w.out, {}).empty());
}

TEST(Exif, orientation_outside_one_to_eight_is_normal_and_becomes_so) {
  for (const uint32_t value : {0u, 9u, 65535u}) {
    BlockWriter w(true);
    w.u16(1).entry(0x0112, kShort, 1, value).u32(0);
    EXPECT_EQ(exif_orientation(w.out), Orientation::kNormal);
    const Bytes after = patch_exif(w.out, {.orientation = Orientation::kNormal});
    EXPECT_EQ(exif_orientation(after), Orientation::kNormal);
    EXPECT_EQ(static_cast<int>(after[19]), 1);
  }
}

TEST(Exif, directories_that_point_at_each_other_end) {
  BlockWriter w(false);
  w.u16(3).entry(0x0112, kShort, 1, 6).entry(0x8769, kLong, 1, 8).entry(0x8825, kLong, 1, 8).u32(8);
  EXPECT_THAT(read_exif(w.out), IsOk());
  const Bytes after = patch_exif(w.out, {.orientation = Orientation::kNormal, .drop_gps = true});
  EXPECT_LE(after.size(), w.out.size());
  EXPECT_EQ(exif_orientation(after), Orientation::kNormal);
}

// Every cut and every changed byte of a real-looking block: no crash, no growth, promises kept.
TEST(Exif, survives_every_truncation_and_every_changed_byte) {
  const Bytes good = camera_block(false);
  const ExifPatch patch{
      .orientation = Orientation::kNormal, .pixel_size = {9, 9}, .drop_gps = true};
  const auto check = [&](ByteSpan block) {
    (void)read_exif(block);
    const Bytes after = patch_exif(block, patch);
    EXPECT_LE(after.size(), block.size());
    EXPECT_EQ(exif_orientation(after), Orientation::kNormal);
    const auto summary = read_exif(after);
    EXPECT_TRUE(!summary || !summary->gps);
  };
  for (size_t n = 0; n < good.size(); ++n) check(ByteSpan(good).first(n));
  Bytes changed = good;
  for (size_t i = 0; i < good.size(); ++i) {
    for (const int value : {0x00, 0x01, 0x08, 0x7F, 0xFF}) {
      changed[i] = static_cast<std::byte>(value);
      check(changed);
    }
    changed[i] = good[i];
  }
}

// The EXIF block of a JPEG file's first APP1 that has one.
Bytes block_of_jpeg(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const size_t at = bytes.find("Exif\0\0"sv);
  if (at == std::string::npos || at < 4) return {};
  const size_t length =
      static_cast<uint8_t>(bytes[at - 2]) * 256u + static_cast<uint8_t>(bytes[at - 1]);
  if (length < 8) return {};
  const ByteSpan block = as_byte_span(std::string_view(bytes).substr(at + 6, length - 8));
  return {block.begin(), block.end()};
}

TEST(ExifFiles, orientations_of_the_reference_set) {
  const auto data = test_data();
  if (!data) GTEST_SKIP() << "no test data folder";
  int seen = 0;
  for (const auto& file : std::filesystem::directory_iterator(*data + "/images/exif_orientation")) {
    const std::string stem = file.path().stem().string();
    if (file.path().extension() != ".jpg" || stem.find('_') == std::string::npos) continue;
    const int expected = stem.back() - '0';
    if (expected < 1 || expected > 8) continue;
    EXPECT_EQ(static_cast<int>(exif_orientation(block_of_jpeg(file.path()))), expected) << stem;
    ++seen;
  }
  EXPECT_GE(seen, 8);
}

TEST(ExifFiles, places_and_times_of_real_cameras) {
  const auto data = test_data();
  if (!data) GTEST_SKIP() << "no test data folder";
  const std::string folder = *data + "/images/metadata/";
  ASSERT_OK_AND_ASSIGN(const ExifSummary gps,
                       read_exif(block_of_jpeg(folder + "datetimeoriginal-gps.jpg")));
  EXPECT_TRUE(gps.gps.has_value());
  EXPECT_NE(gps.taken_at, "");
  ASSERT_OK_AND_ASSIGN(const ExifSummary none, read_exif(block_of_jpeg(folder + "empty_gps.jpg")));
  EXPECT_FALSE(none.gps.has_value());
}

TEST(ExifFiles, patched_camera_blocks_read_the_same_but_for_the_patch) {
  const auto data = test_data();
  if (!data) GTEST_SKIP() << "no test data folder";
  for (const char* folder : {"/images/camera", "/images/metadata"}) {
    for (const auto& file : std::filesystem::directory_iterator(*data + folder)) {
      const Bytes before = block_of_jpeg(file.path());
      const auto old = read_exif(before);
      if (!old) continue;
      const Bytes after = patch_exif(
          before, {.orientation = Orientation::kNormal, .pixel_size = {64, 48}, .drop_gps = true});
      ASSERT_OK_AND_ASSIGN(const ExifSummary now, read_exif(after));
      EXPECT_EQ(now.orientation, Orientation::kNormal);
      EXPECT_EQ(now.camera_model, old->camera_model) << file.path();
      EXPECT_EQ(now.taken_at, old->taken_at);
      EXPECT_EQ(now.exposure_seconds, old->exposure_seconds);
      EXPECT_EQ(now.thumbnail_bytes, 0u);
      EXPECT_FALSE(now.gps.has_value());
      if (old->pixel_size != Size{}) {
        EXPECT_EQ(now.pixel_size, (Size{64, 48})) << file.path();
      }
    }
  }
}

}  // namespace
}  // namespace imagemill
