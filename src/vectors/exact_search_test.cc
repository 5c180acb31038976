// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "vectors/exact_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <random>
#include <vector>

#include "support/fault_file_system.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"
#include "vectors/every_target.h"

namespace imagemill {
namespace {

using testing::HasSubstr;

constexpr Metric kMetrics[] = {Metric::kCosine, Metric::kL2};

struct Vectors {
  std::vector<float> values;
  size_t dims;
  VectorView view() const { return VectorView::of(values, dims); }
  std::span<const float> row(size_t i) const { return std::span(values).subspan(i * dims, dims); }
};

Vectors random_vectors(size_t rows, size_t dims, uint32_t seed, float centre = 0) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Vectors out{std::vector<float>(rows * dims), dims};
  for (float& value : out.values) value = normal(random) + centre;
  return out;
}

// Faces: about twenty vectors around each of many centres, and strangers.
Vectors clustered_vectors(size_t rows, size_t dims, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  const Vectors centres = random_vectors(rows / 20 + 1, dims, seed + 1);
  Vectors out = random_vectors(rows, dims, seed + 2);
  for (size_t i = 0; i < rows * 9 / 10; ++i) {
    const auto centre = centres.row(random() % (rows / 20 + 1));
    for (size_t j = 0; j < dims; ++j)
      out.values[i * dims + j] = centre[j] + 0.55f * out.values[i * dims + j];
  }
  return out;
}

void expect_exact(const Vectors& vectors, const Vectors& queries, size_t k) {
  for (const Metric metric : kMetrics) {
    SCOPED_TRACE(metric_name(metric));
    ASSERT_OK_AND_ASSIGN(const ExactSearch search,
                         ExactSearch::build(vectors.view(), {.metric = metric, .threads = 3}));
    ASSERT_OK_AND_ASSIGN(const auto batch, search.search_batch(queries.values, k));
    for (size_t q = 0; q < queries.view().rows; ++q) {
      const auto expected = ExactSearch::search_ref(vectors.view(), metric, queries.row(q), k);
      ASSERT_OK_AND_ASSIGN(const auto found, search.search(queries.row(q), k));
      EXPECT_EQ(found, expected) << "query " << q;
      EXPECT_EQ(batch[q], expected) << "query " << q << " of the batch";
    }
  }
}

TEST(ExactSearch, finds_what_comparing_with_every_row_finds) {
  expect_exact(clustered_vectors(3000, 128, 1), clustered_vectors(21, 128, 1), 10);
  expect_exact(random_vectors(3000, 64, 2), random_vectors(9, 64, 3), 10);
  expect_exact(random_vectors(1000, 48, 4, 5.0f), random_vectors(6, 48, 5, 5.0f), 7);
}

TEST(ExactSearch, any_shape_will_do) {
  for (const size_t dims : {1, 2, 3, 7, 8, 9, 31, 65, 100})
    for (const size_t rows : {1, 2, 15, 16, 17, 255, 256, 257})
      for (const size_t k : {1, 5, 300}) {
        SCOPED_TRACE(fmt::format("{} x {}, k {}", rows, dims, k));
        expect_exact(random_vectors(rows, dims, static_cast<uint32_t>(rows)),
                     random_vectors(5, dims, 77), k);
      }
}

TEST(ExactSearch, is_exact_on_every_target) {
  const Vectors vectors = clustered_vectors(600, 72, 8), queries = random_vectors(6, 72, 9);
  on_every_target([&] { expect_exact(vectors, queries, 10); });
}

TEST(ExactSearch, equal_rows_come_in_their_order) {
  Vectors vectors = random_vectors(1, 16, 1);
  for (int i = 0; i < 9; ++i)
    vectors.values.insert(vectors.values.end(), vectors.values.begin(), vectors.values.end());
  expect_exact(vectors, random_vectors(2, 16, 2), 20);
  ASSERT_OK_AND_ASSIGN(const ExactSearch search, ExactSearch::build(vectors.view(), {}));
  ASSERT_OK_AND_ASSIGN(const auto found, search.search(vectors.row(5), 30));
  for (size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i].row, i);
}

TEST(ExactSearch, zeroes_have_cosine_0_and_a_distance) {
  Vectors vectors = random_vectors(50, 8, 3);
  for (const size_t zero : {0, 7, 49})
    std::fill_n(vectors.values.begin() + static_cast<ptrdiff_t>(zero * 8), 8, 0.0f);
  const Vectors zero_query{std::vector<float>(8), 8};
  expect_exact(vectors, random_vectors(5, 8, 4), 50);
  expect_exact(vectors, zero_query, 50);
  ASSERT_OK_AND_ASSIGN(const ExactSearch search, ExactSearch::build(vectors.view(), {}));
  ASSERT_OK_AND_ASSIGN(const auto found, search.search(zero_query.values, 2));
  EXPECT_EQ(found, (std::vector<Neighbor>{{0, 0}, {1, 0}}));
  const Vectors all_zero{std::vector<float>(80), 8};
  expect_exact(all_zero, random_vectors(2, 8, 4), 3);
}

TEST(ExactSearch, sizes_of_every_kind_beside_each_other) {
  Vectors vectors = random_vectors(400, 24, 5);
  for (size_t i = 0; i < 400; ++i)
    for (size_t j = 0; j < 24; ++j)
      vectors.values[i * 24 + j] *= std::exp2(static_cast<float>(i % 60) - 30);
  expect_exact(vectors, random_vectors(5, 24, 6), 20);
  for (const float scale : {1e37f, 1e-37f, 1e-44f}) {
    Vectors scaled = random_vectors(300, 24, 7);
    for (float& value : scaled.values) value *= scale;
    SCOPED_TRACE(scale);
    expect_exact(scaled, random_vectors(5, 24, 8), 20);
    expect_exact(random_vectors(300, 24, 9),
                 Vectors{{scaled.values.begin(), scaled.values.begin() + 48}, 24}, 20);
  }
}

TEST(ExactSearch, float16_rows) {
  TestFolder folder;
  const Vectors vectors = clustered_vectors(700, 40, 10);
  const std::string path = folder / "half.npy";
  ASSERT_OK_AND_ASSIGN(NpyWriter writer,
                       NpyWriter::create(real_file_system(), path, 40, VectorType::kF16));
  ASSERT_THAT(writer.append(vectors.values), IsOk());
  ASSERT_THAT(writer.finish(), IsOk());
  for (const Metric metric : kMetrics) {
    ASSERT_OK_AND_ASSIGN(const ExactSearch search,
                         ExactSearch::open(real_file_system(), path, {.metric = metric}));
    ASSERT_OK_AND_ASSIGN(const auto found, search.search(vectors.row(3), 10));
    EXPECT_EQ(found, ExactSearch::search_ref(search.rows(), metric, vectors.row(3), 10));
  }
}

TEST(ExactSearch, no_rows_no_neighbours) {
  const VectorView none{nullptr, VectorType::kF32, 0, 8};
  ASSERT_OK_AND_ASSIGN(const ExactSearch search, ExactSearch::build(none, {}));
  ASSERT_OK_AND_ASSIGN(const auto found, search.search(std::vector<float>(8, 1.0f), 5));
  EXPECT_TRUE(found.empty());
  const Vectors vectors = random_vectors(10, 8, 1);
  ASSERT_OK_AND_ASSIGN(const ExactSearch some, ExactSearch::build(vectors.view(), {}));
  ASSERT_OK_AND_ASSIGN(const auto nothing, some.search(vectors.row(0), 0));
  EXPECT_TRUE(nothing.empty());
  ASSERT_OK_AND_ASSIGN(const auto no_queries, some.search_batch({}, 5));
  EXPECT_TRUE(no_queries.empty());
}

TEST(ExactSearch, refuses_what_is_no_number_and_names_it) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  Vectors vectors = random_vectors(5000, 8, 1);
  for (const float bad : {kInfinity, -kInfinity, std::nanf("")}) {
    vectors.values[4321 * 8 + 7] = bad;
    vectors.values[4444 * 8] = bad;
    for (const Metric metric : kMetrics)
      EXPECT_THAT(ExactSearch::build(vectors.view(), {.metric = metric}),
                  FailsWith(Code::kInvalidArgument, HasSubstr("row 4321")));
  }
  const Vectors good = random_vectors(5, 8, 1);
  ASSERT_OK_AND_ASSIGN(const ExactSearch search, ExactSearch::build(good.view(), {}));
  std::vector<float> query(8, 1.0f);
  query[3] = kInfinity;
  EXPECT_THAT(search.search(query, 1), FailsWith(Code::kInvalidArgument, HasSubstr("dimension 3")));
  EXPECT_THAT(search.search(std::vector<float>(16), 1), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(search.search_batch(std::vector<float>(12), 1), FailsWith(Code::kInvalidArgument));
}

// A .npy file and what is kept beside it.
class SearchFiles : public testing::Test {
 protected:
  void write(const Vectors& vectors) {
    auto writer = NpyWriter::create(real_file_system(), path_, vectors.dims, VectorType::kF32);
    ASSERT_THAT(writer, IsOk());
    ASSERT_THAT(writer->append(vectors.values), IsOk());
    ASSERT_THAT(writer->finish(), IsOk());
  }
  void expect_finds_itself(FileSystem& fs, const Vectors& vectors, size_t row) {
    ASSERT_OK_AND_ASSIGN(const ExactSearch search, ExactSearch::open(fs, path_, {}));
    ASSERT_OK_AND_ASSIGN(const auto found, search.search(vectors.row(row), 1));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].row, row);
  }

  TestFolder folder_;
  std::string path_ = folder_ / "x.npy";
  std::string prefilter_ = ExactSearch::prefilter_path(path_, Metric::kCosine);
};

TEST_F(SearchFiles, the_prefilter_is_made_once) {
  const Vectors vectors = random_vectors(600, 32, 1);
  write(vectors);
  expect_finds_itself(real_file_system(), vectors, 17);
  FaultFileSystem watched;
  expect_finds_itself(watched, vectors, 599);
  EXPECT_EQ(watched.calls(), 0);
}

TEST_F(SearchFiles, the_prefilter_of_other_vectors_is_made_again) {
  Vectors vectors = random_vectors(600, 32, 1);
  write(vectors);
  expect_finds_itself(real_file_system(), vectors, 17);
  vectors = random_vectors(600, 32, 2);
  write(vectors);
  expect_finds_itself(real_file_system(), vectors, 17);
  vectors = random_vectors(500, 16, 2);
  write(vectors);
  expect_finds_itself(real_file_system(), vectors, 17);
}

TEST_F(SearchFiles, a_damaged_prefilter_is_made_again) {
  const Vectors vectors = random_vectors(600, 32, 1);
  write(vectors);
  expect_finds_itself(real_file_system(), vectors, 17);
  ASSERT_OK_AND_ASSIGN(const Bytes good, real_file_system().read(prefilter_, 1 << 20));
  for (const size_t at : {size_t{0}, size_t{10}, size_t{70}, size_t{100}, size_t{5000},
                          good.size() / 2, good.size() - 1}) {
    std::string bad(as_text(good));
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    folder_.write("x.npy.cosine.prefilter", bad);
    expect_finds_itself(real_file_system(), vectors, 17);
    ASSERT_OK_AND_ASSIGN(const Bytes again, real_file_system().read(prefilter_, 1 << 20));
    EXPECT_TRUE(again == good) << at;
  }
  for (const size_t bytes : {size_t{0}, size_t{50}, size_t{4096}, good.size() - 8}) {
    folder_.write("x.npy.cosine.prefilter", as_text(good).substr(0, bytes));
    expect_finds_itself(real_file_system(), vectors, 17);
  }
}

TEST_F(SearchFiles, a_full_disk_leaves_nothing_half) {
  const Vectors vectors = random_vectors(600, 32, 1);
  write(vectors);
  for (int64_t call = 1; call <= 4; ++call) {
    FaultFileSystem fs(call, FaultFileSystem::Fault::kDiskFull);
    EXPECT_THAT(ExactSearch::open(fs, path_, {}), FailsWith(Code::kResourceExhausted));
    EXPECT_FALSE(std::filesystem::exists(prefilter_));
    EXPECT_FALSE(std::filesystem::exists(prefilter_ + ".partial"));
  }
}

TEST(ExactSearch, threads_do_not_change_the_result) {
  const Vectors vectors = clustered_vectors(20'000, 256, 11);
  for (const int threads : {1, 2, 8}) {
    ASSERT_OK_AND_ASSIGN(const ExactSearch search,
                         ExactSearch::build(vectors.view(), {.threads = threads}));
    ASSERT_OK_AND_ASSIGN(const auto found, search.search(vectors.row(1), 50));
    EXPECT_EQ(found, ExactSearch::search_ref(vectors.view(), Metric::kCosine, vectors.row(1), 50));
  }
}

}  // namespace
}  // namespace imagemill
