// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "vectors/hnsw_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <set>

#include "base/hash.h"
#include "support/fault_file_system.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"
#include "vectors/exact_search.h"

namespace imagemill {
namespace {

using testing::HasSubstr;

constexpr size_t kDims = 24;

std::vector<float> random_values(size_t rows, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> out(rows * kDims);
  for (float& value : out) value = normal(random);
  return out;
}

std::span<const float> row(const std::vector<float>& values, size_t i) {
  return std::span(values).subspan(i * kDims, kDims);
}

#ifdef __SANITIZE_THREAD__
constexpr bool kHasThreadSanitizer = true;
#else
constexpr bool kHasThreadSanitizer = false;
#endif

class HnswIndexTest : public testing::Test {
 protected:
  void SetUp() override {
    if (kHasThreadSanitizer) GTEST_SKIP() << "it takes hnswlib's order of locks for a deadlock";
  }
};

double recall(const HnswIndex& index, const std::vector<float>& values, Metric metric, size_t ef) {
  const auto queries = random_values(30, 99);
  size_t found = 0;
  for (size_t q = 0; q < 30; ++q) {
    const auto truth =
        ExactSearch::search_ref(VectorView::of(values, kDims), metric, row(queries, q), 10);
    const auto nearest = index.search(row(queries, q), 10, ef);
    if (!nearest) return 0;
    std::set<uint64_t> rows;
    for (const Neighbor& neighbor : truth) rows.insert(neighbor.row);
    for (const Neighbor& neighbor : *nearest) found += rows.count(neighbor.row);
  }
  return static_cast<double>(found) / 300;
}

TEST_F(HnswIndexTest, finds_nearly_all_and_more_with_a_larger_ef) {
  const auto values = random_values(2000, 1);
  for (const Metric metric : {Metric::kCosine, Metric::kL2}) {
    ASSERT_OK_AND_ASSIGN(
        const HnswIndex index,
        HnswIndex::build(VectorView::of(values, kDims), {.metric = metric, .ef_construction = 60}));
    EXPECT_GT(recall(index, values, metric, 100), 0.9);
    EXPECT_EQ(recall(index, values, metric, 2000), 1);
    EXPECT_GT(index.memory_bytes(), 2000 * kDims * 4);
  }
}

TEST_F(HnswIndexTest, scores_are_those_of_an_exact_search) {
  const auto values = random_values(300, 2);
  for (const Metric metric : {Metric::kCosine, Metric::kL2}) {
    ASSERT_OK_AND_ASSIGN(const HnswIndex index,
                         HnswIndex::build(VectorView::of(values, kDims), {.metric = metric}));
    ASSERT_OK_AND_ASSIGN(const auto found, index.search(row(values, 7), 5, 300));
    const auto truth =
        ExactSearch::search_ref(VectorView::of(values, kDims), metric, row(values, 7), 5);
    ASSERT_EQ(found.size(), 5u);
    for (size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(found[i].row, truth[i].row);
      EXPECT_NEAR(found[i].score, truth[i].score, 1e-4);
    }
  }
}

TEST_F(HnswIndexTest, the_same_rows_give_the_same_file) {
  TestFolder folder;
  const auto values = random_values(500, 3);
  for (const std::string name : {"a", "b"}) {
    ASSERT_OK_AND_ASSIGN(const HnswIndex index,
                         HnswIndex::build(VectorView::of(values, kDims), {}));
    ASSERT_THAT(index.save(real_file_system(), folder / name), IsOk());
  }
  ASSERT_OK_AND_ASSIGN(const Bytes a, real_file_system().read(folder / "a", 1 << 24));
  ASSERT_OK_AND_ASSIGN(const Bytes b, real_file_system().read(folder / "b", 1 << 24));
  EXPECT_TRUE(a == b);
}

TEST_F(HnswIndexTest, several_threads_build_one_too) {
  const auto values = random_values(2000, 4);
  ASSERT_OK_AND_ASSIGN(
      const HnswIndex index,
      HnswIndex::build(VectorView::of(values, kDims), {.ef_construction = 60, .threads = 4}));
  EXPECT_GT(recall(index, values, Metric::kCosine, 100), 0.9);
}

TEST_F(HnswIndexTest, stops_when_it_is_told_to) {
  const auto values = random_values(500, 4);
  CancelToken cancel;
  cancel.request();
  for (const int threads : {1, 3})
    EXPECT_THAT(
        HnswIndex::build(VectorView::of(values, kDims), {.threads = threads, .cancel = &cancel}),
        FailsWith(Code::kCancelled));
}

TEST_F(HnswIndexTest, few_rows_and_none) {
  for (const size_t rows : {0, 1, 2, 3}) {
    const auto values = random_values(rows, 5);
    const VectorView view{reinterpret_cast<const std::byte*>(values.data()), VectorType::kF32, rows,
                          kDims};
    ASSERT_OK_AND_ASSIGN(const HnswIndex index, HnswIndex::build(view, {}));
    TestFolder folder;
    ASSERT_THAT(index.save(real_file_system(), folder / "x"), IsOk());
    ASSERT_OK_AND_ASSIGN(const HnswIndex loaded, HnswIndex::load(folder / "x"));
    const std::vector<float> query(kDims, 1.0f);
    ASSERT_OK_AND_ASSIGN(const auto found, loaded.search(query, 10, 10));
    EXPECT_EQ(found.size(), rows);
    ASSERT_OK_AND_ASSIGN(const auto nothing, loaded.search(query, 0, 10));
    EXPECT_TRUE(nothing.empty());
  }
}

TEST_F(HnswIndexTest, refuses_what_it_cannot_use) {
  auto values = random_values(10, 6);
  const auto view = VectorView::of(values, kDims);
  EXPECT_THAT(HnswIndex::build(view, {.links = 1}), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(HnswIndex::build(view, {.ef_construction = 0}), FailsWith(Code::kInvalidArgument));
  ASSERT_OK_AND_ASSIGN(const HnswIndex index, HnswIndex::build(view, {}));
  EXPECT_THAT(index.search(std::vector<float>(3), 1, 1), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(index.search(std::vector<float>(kDims, NAN), 1, 1),
              FailsWith(Code::kInvalidArgument));
  for (const float bad : {NAN, INFINITY, -2e15f}) {
    values[7 * kDims + 3] = bad;
    EXPECT_THAT(HnswIndex::build(view, {}), FailsWith(Code::kInvalidArgument, HasSubstr("row 7")));
  }
}

class HnswFile : public HnswIndexTest {
 protected:
  void SetUp() override {
    HnswIndexTest::SetUp();
    if (IsSkipped()) return;
    values_ = random_values(400, 7);
    auto index = HnswIndex::build(VectorView::of(values_, kDims), {.links = 4});
    ASSERT_THAT(index, IsOk());
    ASSERT_THAT(index->save(real_file_system(), folder_ / "x"), IsOk());
    auto bytes = real_file_system().read(folder_ / "x", 1 << 24);
    ASSERT_THAT(bytes, IsOk());
    file_ = *bytes;
  }
  // As a forger would, who can compute checksums as well as we can.
  static Bytes sign(Bytes file) {
    constexpr size_t kHeader = 88, kRow = 9 * 4 + kDims * 4 + 8;
    const size_t ground = 400 * kRow;
    const auto put = [&](size_t at, uint64_t value) { std::memcpy(&file[at], &value, 8); };
    put(64, hash_content(ByteSpan(file).subspan(kHeader, ground)).low);
    put(80, hash_content(ByteSpan(file).subspan(kHeader + ground)).low);
    put(8, 0);
    put(8, hash_content(ByteSpan(file).first(kHeader)).low);
    return file;
  }
  static constexpr size_t kGround = 88, kRowBytes = 9 * 4 + kDims * 4 + 8;

  TestFolder folder_;
  std::vector<float> values_;
  Bytes file_;
};

TEST_F(HnswFile, a_loaded_index_finds_the_same) {
  ASSERT_OK_AND_ASSIGN(const HnswIndex built,
                       HnswIndex::build(VectorView::of(values_, kDims), {.links = 4}));
  ASSERT_OK_AND_ASSIGN(const HnswIndex loaded, HnswIndex::load(folder_ / "x"));
  EXPECT_EQ(loaded.rows(), 400u);
  EXPECT_EQ(loaded.dims(), kDims);
  for (size_t i = 0; i < 20; ++i) {
    ASSERT_OK_AND_ASSIGN(const auto a, built.search(row(values_, i), 8, 30));
    ASSERT_OK_AND_ASSIGN(const auto b, loaded.search(row(values_, i), 8, 30));
    EXPECT_EQ(a, b);
  }
}

TEST_F(HnswFile, no_flipped_bit_and_no_cut_goes_unseen) {
  for (size_t at = 0; at < file_.size(); at += at < 100 ? 1 : 997) {
    Bytes bad = file_;
    bad[at] ^= std::byte{0x20};
    EXPECT_THAT(HnswIndex::parse(bad), FailsWith(Code::kCorruptInput)) << at;
  }
  for (const size_t bytes : {size_t{0}, size_t{87}, size_t{88}, file_.size() / 2, file_.size() - 1})
    EXPECT_THAT(HnswIndex::parse(ByteSpan(file_).first(bytes)), FailsWith(Code::kCorruptInput));
}

TEST_F(HnswFile, a_forged_file_leads_nowhere_outside) {
  ASSERT_THAT(HnswIndex::parse(sign(file_)), IsOk());
  const auto forged = [&](size_t at, uint32_t value) {
    Bytes bad = file_;
    std::memcpy(&bad[at], &value, 4);
    return HnswIndex::parse(sign(bad));
  };
  EXPECT_THAT(forged(kGround, 9), FailsWith(Code::kCorruptInput, HasSubstr("link")));
  EXPECT_THAT(forged(kGround, 1u << 16), FailsWith(Code::kCorruptInput, HasSubstr("link")));
  EXPECT_THAT(forged(kGround + 4, 400), FailsWith(Code::kCorruptInput, HasSubstr("link")));
  EXPECT_THAT(forged(kGround + kRowBytes - 8, 400), FailsWith(Code::kCorruptInput));
  EXPECT_THAT(forged(kGround + kRowBytes - 8, 1), FailsWith(Code::kCorruptInput));
  const size_t upper = kGround + 400 * kRowBytes;
  EXPECT_THAT(forged(upper, 0x7f7f7f7f), FailsWith(Code::kCorruptInput));
  const auto levels = ByteSpan(file_).subspan(upper, 400);
  const auto low_row =
      static_cast<uint32_t>(std::ranges::find(levels, std::byte{0}) - levels.begin());
  EXPECT_THAT(forged(upper + 400 + 4, low_row), FailsWith(Code::kCorruptInput, HasSubstr("link")));
  EXPECT_THAT(forged(24, 1u << 31), FailsWith(Code::kCorruptInput));  // rows
  EXPECT_THAT(forged(32, 0), FailsWith(Code::kCorruptInput));         // dims
  EXPECT_THAT(forged(40, 100'000), FailsWith(Code::kCorruptInput));   // links
  EXPECT_THAT(forged(56, 400), FailsWith(Code::kCorruptInput));       // entry
}

TEST_F(HnswFile, a_full_disk_leaves_the_old_file) {
  ASSERT_OK_AND_ASSIGN(const HnswIndex index, HnswIndex::load(folder_ / "x"));
  for (int64_t call = 1; call <= 6; ++call) {
    FaultFileSystem fs(call, FaultFileSystem::Fault::kDiskFull);
    EXPECT_THAT(index.save(fs, folder_ / "x"), FailsWith(Code::kResourceExhausted));
    EXPECT_THAT(HnswIndex::load(folder_ / "x"), IsOk());
  }
  EXPECT_THAT(HnswIndex::load(folder_ / "none"), FailsWith(Code::kNotFound));
}

}  // namespace
}  // namespace imagemill
