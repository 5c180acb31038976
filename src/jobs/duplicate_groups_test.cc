// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/duplicate_groups.h"

#include <random>

#include "jobs/duplicate_rows.h"
#include "jobs/duplicate_text.h"
#include "jobs/vector_export.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

LumaSignature texture(unsigned seed) {
  std::mt19937 random(seed);
  LumaSignature out;
  for (uint8_t& sample : out) sample = static_cast<uint8_t>(random() % 256);
  return out;
}

uint64_t flip_low_bits(uint64_t hash, int bits) { return hash ^ ((uint64_t{1} << bits) - 1); }

constexpr uint64_t kHash = 0x123456789abcdef0;

// Of a picture that shows `scene`, unlike any other file.
DuplicateRow picture(unsigned scene, uint64_t hash, int side = 100) {
  static int number = 0;
  return {.content = fmt::format("content {}", ++number),
          .hash = hash,
          .signature = texture(scene),
          .sharpness = 100,
          .format = "jpeg",
          .size = {side, side}};
}

// A store with the rows of `dedupe`.
class Rows {
 public:
  explicit Rows(std::map<std::string, DuplicateRow> rows,
                std::map<std::string, std::vector<float>> vectors = {},
                const std::map<std::string, int64_t>& times = {}) {
    store_ = RunStore::open(folder_ / "run.sqlite", {}).value();
    std::vector<TableSchema> tables = {duplicate_table()};
    if (!vectors.empty())
      tables.push_back(
          {"embed", {{"features", ColumnType::kBlob}, {"dims", ColumnType::kInteger}}});
    (void)store_->create_tables(tables).value();
    std::vector<ItemRecord> items;
    for (const auto& [key, row] : rows) {
      ItemRecord item{.key = key, .bytes = 1000};
      if (const auto time = times.find(key); time != times.end()) item.mtime_ns = time->second;
      item.rows.push_back({"dedupe", "", to_values(row)});
      if (const auto vector = vectors.find(key); vector != vectors.end())
        item.rows.push_back({"embed",
                             "",
                             {pack_vector(vector->second, VectorType::kF32),
                              static_cast<int64_t>(vector->second.size())}});
      items.push_back(std::move(item));
    }
    (void)store_->commit(items, "").value();
  }

  DuplicateFindings find(const DuplicateOptions& options = {}) {
    return find_duplicates(
               *store_, options, [](std::string_view) { return true; }, CancelToken())
        .value();
  }

  RunStore& store() { return *store_; }

 private:
  TestFolder folder_;
  std::unique_ptr<RunStore> store_;
};

// "best: copy, copy" of each group.
std::vector<std::string> names(const DuplicateFindings& findings) {
  std::vector<std::string> out;
  for (const PictureGroup& group : findings.groups) {
    out.push_back(group.best().key + ":");
    for (const DuplicatePicture& copy : group.copies())
      out.back() += fmt::format(" {} {}", copy.key, duplicate_reason(copy));
  }
  return out;
}

TEST(DuplicateRows, come_back_as_they_were) {
  DuplicateRow row = picture(1, kHash);
  row.turned = {1, 2, 3, 4, 5, 6, ~uint64_t{0}};
  row.is_blank = true;
  ASSERT_OK_AND_ASSIGN(const DuplicateRow back, from_values(to_values(row)));
  EXPECT_EQ(to_values(back), to_values(row));
  EXPECT_EQ(back.hash, kHash);
  EXPECT_EQ(back.turned, row.turned);
  std::vector<Value> broken = to_values(row);
  broken[2] = Bytes(3);
  EXPECT_THAT(from_values(broken), FailsWith(Code::kCorruptInput));
}

TEST(DuplicateGroups, near_is_within_the_radius_and_looks_the_same) {
  Rows rows({{"a", picture(1, kHash, 200)},
             {"b", picture(1, flip_low_bits(kHash, 10))},
             {"c", picture(1, flip_low_bits(kHash, 11))},
             {"d", picture(2, flip_low_bits(kHash, 2))}});
  EXPECT_THAT(names(rows.find()), ElementsAre("a: b near, 10 bits"));
  EXPECT_THAT(names(rows.find({.radius = 11})), ElementsAre("a: b near, 10 bits c near, 11 bits"));
  EXPECT_THAT(names(rows.find({.by_hash = false})), ElementsAre());
}

TEST(DuplicateGroups, chains_do_not_pull_unlike_pictures_together) {
  Rows rows({{"a", picture(1, kHash, 300)},
             {"b", picture(1, flip_low_bits(kHash, 8), 200)},
             {"c", picture(1, flip_low_bits(kHash, 16), 150)},
             {"d", picture(1, flip_low_bits(kHash, 24), 100)}});
  EXPECT_THAT(names(rows.find()), ElementsAre("a: b near, 8 bits", "c: d near, 8 bits"));
}

TEST(DuplicateGroups, equal_bytes_are_exact_and_need_no_look) {
  DuplicateRow blank = picture(1, kHash);
  blank.is_blank = true;
  DuplicateRow other_blank = picture(1, kHash);
  other_blank.is_blank = true;
  Rows rows({{"a", blank}, {"b", blank}, {"c", other_blank}});
  const DuplicateFindings findings = rows.find();
  EXPECT_THAT(names(findings), ElementsAre("a: b exact"));
  EXPECT_EQ(findings.blank, 3);
  EXPECT_EQ(findings.copies(), 1);
  EXPECT_EQ(findings.copy_bytes(), 1000u);
}

TEST(DuplicateGroups, the_exact_copies_of_a_near_one_come_along) {
  const DuplicateRow large = picture(1, kHash, 200), small = picture(1, flip_low_bits(kHash, 4));
  Rows rows({{"a", small}, {"b", large}, {"c", small}, {"d", large}});
  EXPECT_THAT(names(rows.find()), ElementsAre("b: a near, 4 bits c near, 4 bits d exact"));
}

TEST(DuplicateGroups, turned_and_mirrored_only_where_asked) {
  DuplicateRow original = picture(1, kHash, 200);
  for (size_t i = 0; i < kTurns.size(); ++i) original.turned[i] = 0x1111 * (i + 1) << 40;
  const auto turned = [&](Orientation orientation) {
    DuplicateRow row = picture(1, 0);
    const auto place = std::ranges::find(kTurns, orientation) - kTurns.begin();
    row.hash = original.turned[static_cast<size_t>(place)];
    row.signature = oriented_signature(original.signature, orientation);
    return row;
  };
  Rows rows({{"a", original},
             {"mirrored", turned(Orientation::kFlipHorizontal)},
             {"right", turned(Orientation::kRotate90)},
             {"both", turned(Orientation::kTransverse)}});
  EXPECT_THAT(names(rows.find({.radius = 2})), ElementsAre());
  EXPECT_THAT(names(rows.find({.radius = 2, .mirrored = true})),
              ElementsAre("a: mirrored near, 0 bits, mirrored"));
  EXPECT_THAT(names(rows.find({.radius = 2, .rotated = true})),
              ElementsAre("a: right near, 0 bits, turned right"));
  EXPECT_THAT(names(rows.find({.radius = 2, .mirrored = true, .rotated = true})),
              ElementsAre("a: both near, 0 bits, mirrored, turned right mirrored near, 0 bits, "
                          "mirrored right near, 0 bits, turned right"));
}

TEST(DuplicateGroups, large_components_are_gathered_as_small_ones) {
  std::map<std::string, DuplicateRow> rows;
  std::mt19937_64 random(1);
  for (int i = 0; i < 600; ++i) {
    const unsigned scene = static_cast<unsigned>(i / 3);
    // All within the radius of each other.
    rows[fmt::format("{:04}", i)] =
        picture(scene, kHash ^ uint64_t{1} << random() % 64, 300 - i % 3);
  }
  const DuplicateFindings findings = Rows(std::move(rows)).find();
  ASSERT_EQ(findings.groups.size(), 200u);
  for (const PictureGroup& group : findings.groups) EXPECT_EQ(group.pictures.size(), 3u);
}

TEST(DuplicateGroups, keep_says_which_one_stays) {
  DuplicateRow old = picture(1, kHash), large = picture(1, kHash, 300),
               lossless = picture(1, kHash, 300), unknown = picture(1, kHash);
  lossless.format = "png";
  Rows rows({{"a", unknown}, {"b", old}, {"c", large}, {"d", lossless}}, {},
            {{"a", 0}, {"b", 1}, {"c", 9}, {"d", 5}});
  const auto best = [&](KeepRule rule) {
    const DuplicateFindings findings = rows.find({.keep = rule});
    return findings.groups.size() == 1 ? findings.groups[0].best().key : "several groups";
  };
  EXPECT_EQ(best(KeepRule::kBest), "d");
  EXPECT_EQ(best(KeepRule::kOldest), "b");
  EXPECT_EQ(best(KeepRule::kNewest), "c");
  EXPECT_EQ(best(KeepRule::kFirst), "a");
}

TEST(DuplicateGroups, damage_outweighs_size) {
  DuplicateRow damaged = picture(1, kHash, 300);
  damaged.is_damaged = true;
  EXPECT_THAT(names(Rows({{"a", damaged}, {"b", picture(1, kHash)}}).find()),
              ElementsAre("b: a near, 0 bits"));
}

TEST(DuplicateGroups, by_embedding) {
  Rows rows({{"a", picture(1, 0, 300)}, {"b", picture(2, ~uint64_t{0})}, {"c", picture(3, kHash)}},
            {{"a", {1, 0}}, {"b", {2, 0.5f}}, {"c", {0, 0}}});
  EXPECT_THAT(names(rows.find({.by_hash = false, .by_embedding = true})),
              ElementsAre("a: b cosine 0.970"));
  EXPECT_THAT(names(rows.find({.by_hash = false, .by_embedding = true, .threshold = 0.98})),
              ElementsAre());
  EXPECT_THAT(names(rows.find({.by_embedding = true})), ElementsAre("a: b cosine 0.970"));
}

// `embed` had a condition of its own, and so may `dedupe` have.
TEST(DuplicateGroups, pictures_without_a_vector_take_no_part) {
  Rows rows({{"a", picture(1, kHash, 400)},
             {"b", picture(2, 0, 300)},
             {"c", picture(3, 0)},
             {"d", picture(1, flip_low_bits(kHash, 2))},
             {"e", picture(4, 0)}},
            {{"b", {1, 0}}, {"c", {1, 0.1f}}, {"e", {2, 0.1f}}});
  EXPECT_THAT(names(rows.find({.by_hash = false, .by_embedding = true})),
              ElementsAre("b: c cosine 0.995 e cosine 0.999"));
  EXPECT_THAT(names(rows.find({.by_embedding = true, .threshold = 0})),
              ElementsAre("a: d near, 2 bits", "b: c cosine 0.995 e cosine 0.999"));
  ASSERT_OK_AND_ASSIGN(const DuplicateFindings findings,
                       find_duplicates(
                           rows.store(), {.by_hash = false, .by_embedding = true},
                           [](std::string_view key) { return key != "b"; }, CancelToken()));
  EXPECT_THAT(names(findings), ElementsAre("c: e cosine 0.999"));
}

TEST(DuplicateGroups, the_vector_of_any_file_is_that_of_its_content) {
  const DuplicateRow content = picture(1, 0, 300);
  Rows rows({{"a", content}, {"b", content}, {"c", picture(2, ~uint64_t{0})}},
            {{"b", {1, 0}}, {"c", {1, 0}}});
  EXPECT_THAT(names(rows.find({.by_hash = false, .by_embedding = true})),
              ElementsAre("a: b exact c cosine 1.000"));
}

TEST(DuplicateGroups, more_neighbours_than_are_asked_for_first) {
  std::map<std::string, DuplicateRow> rows;
  std::map<std::string, std::vector<float>> vectors;
  for (int i = 0; i < 150; ++i) {
    const std::string key = fmt::format("{:03}", i);
    rows[key] = picture(static_cast<unsigned>(i), 0, 1000 - i);
    vectors[key] = {1, static_cast<float>(i) / 10'000, i < 100 ? 0.0f : 50.0f};
  }
  const DuplicateFindings findings =
      Rows(std::move(rows), std::move(vectors)).find({.by_hash = false, .by_embedding = true});
  ASSERT_EQ(findings.groups.size(), 2u);
  EXPECT_EQ(findings.groups[0].pictures.size(), 100u);
  EXPECT_EQ(findings.groups[1].pictures.size(), 50u);
}

TEST(DuplicateGroups, leaves_out_what_is_no_input_any_more) {
  Rows rows({{"a", picture(1, kHash)}, {"b", picture(1, kHash)}});
  ASSERT_OK_AND_ASSIGN(
      const DuplicateFindings findings,
      find_duplicates(
          rows.store(), {}, [](std::string_view key) { return key == "b"; }, CancelToken()));
  EXPECT_EQ(findings.pictures, 1);
  EXPECT_TRUE(findings.groups.empty());
}

TEST(DuplicateGroups, stop_at_every_point) {
  Rows rows({{"a", picture(1, kHash)}, {"b", picture(1, kHash)}, {"c", picture(2, 0)}},
            {{"a", {1, 0}}, {"b", {1, 0}}, {"c", {1, 0}}});
  // It asks of every row in each walk over them.
  for (int calls = 1; calls <= 9; ++calls) {
    CancelToken cancel;
    int asked = 0;
    const auto is_wanted = [&](std::string_view) {
      if (++asked == calls) cancel.request();
      return true;
    };
    EXPECT_THAT(find_duplicates(rows.store(), {.by_embedding = true}, is_wanted, cancel),
                FailsWith(Code::kCancelled))
        << calls;
  }
}

TEST(DuplicateText, shapes) {
  const DuplicateRow original = picture(1, kHash, 200);
  const DuplicateFindings findings =
      Rows({{"a", original}, {"b,c", picture(1, flip_low_bits(kHash, 3))}, {"d", original}}).find();
  EXPECT_EQ(imagededup_json(findings),
            "{\n\"a\": [[\"b,c\",3],[\"d\",0]],\n\"b,c\": [[\"a\",3]],\n\"d\": [[\"a\",0]]\n}\n");
  const std::string csv = duplicates_csv(findings);
  EXPECT_THAT(csv, HasSubstr("\r\n1,a,best,,,,jpeg,200,200,1000,content "));
  EXPECT_THAT(csv, HasSubstr("\r\n1,\"b,c\",near,,3,,jpeg,100,100,1000,content "));
  EXPECT_THAT(to_json(findings), HasSubstr("\"copies\": 2"));
}

}  // namespace
}  // namespace imagemill
