// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "store/result_cache.h"

#include <sqlite3.h>

#include <thread>

#include "base/file_system.h"
#include "store/row_bytes.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::Optional;

constexpr uint64_t kMiB = uint64_t{1} << 20;

Bytes filled(size_t size, uint8_t value) { return Bytes(size, std::byte{value}); }

ContentHash key_of(uint64_t number) { return hash_content(as_byte_span(std::to_string(number))); }

class ResultCacheTest : public testing::Test {
 protected:
  std::unique_ptr<ResultCache> open(uint64_t bytes_max = 64 * kMiB) const {
    auto cache = ResultCache::open(folder_ / "cache", bytes_max);
    EXPECT_THAT(cache, IsOk());
    return std::move(*cache);
  }

  // As if all were used so many days earlier.
  void age(int days) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open((folder_ / "cache/results.sqlite").c_str(), &database), SQLITE_OK);
    const std::string sql = fmt::format("UPDATE results SET used = used - {}", days * 24 * 3600);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
  }

  TestFolder folder_;
};

TEST_F(ResultCacheTest, a_damaged_one_has_a_size_and_can_be_removed) {
  for (const std::string& bytes : {std::string(5000, '?'), std::string()}) {
    folder_.write("cache/results.sqlite", bytes);
    ASSERT_OK_AND_ASSIGN(const ResultCacheSize size, ResultCache::size(folder_ / "cache"));
    EXPECT_EQ(size.entries, 0);
    EXPECT_EQ(size.bytes, bytes.size());
    EXPECT_NE(size.damage, "");
    ASSERT_THAT(ResultCache::remove(folder_ / "cache"), IsOk());
    EXPECT_FALSE(real_file_system().stat(folder_ / "cache/results.sqlite"));
  }
}

TEST_F(ResultCacheTest, what_was_kept_is_found_by_a_later_run) {
  {
    const auto cache = open();
    ASSERT_THAT(cache->keep(key_of(1), filled(3, 7)), IsOk());
    ASSERT_THAT(cache->keep(key_of(2), {}), IsOk());
    ASSERT_THAT(cache->flush(), IsOk());
  }
  const auto cache = open();
  EXPECT_THAT(cache->find(key_of(1)).value(), Optional(filled(3, 7)));
  EXPECT_THAT(cache->find(key_of(2)).value(), Optional(Bytes()));
  EXPECT_EQ(cache->find(key_of(3)).value(), std::nullopt);
  ASSERT_OK_AND_ASSIGN(const ResultCacheSize size, ResultCache::size(folder_ / "cache"));
  EXPECT_EQ(size.entries, 2);
  EXPECT_GT(size.bytes, 0u);
}

TEST_F(ResultCacheTest, the_latest_of_a_key_counts) {
  const auto cache = open();
  ASSERT_THAT(cache->keep(key_of(1), filled(1, 1)), IsOk());
  ASSERT_THAT(cache->keep(key_of(1), filled(2, 2)), IsOk());
  ASSERT_THAT(cache->flush(), IsOk());
  EXPECT_THAT(cache->find(key_of(1)).value(), Optional(filled(2, 2)));
}

TEST_F(ResultCacheTest, above_its_size_what_was_used_last_stays) {
  {
    const auto cache = open(4 * kMiB);
    for (uint64_t i = 0; i < 100; ++i)
      ASSERT_THAT(cache->keep(key_of(i), filled(10'000, 1)), IsOk());
    ASSERT_THAT(cache->flush(), IsOk());
  }
  age(10);
  const auto cache = open(4 * kMiB);
  ASSERT_TRUE(cache->find(key_of(5)).value().has_value());  // used again
  for (uint64_t i = 100; i < 1000; ++i)
    ASSERT_THAT(cache->keep(key_of(i), filled(10'000, 1)), IsOk());
  ASSERT_THAT(cache->flush(), IsOk());
  EXPECT_EQ(cache->find(key_of(4)).value(), std::nullopt);
  EXPECT_TRUE(cache->find(key_of(999)).value().has_value());
  ASSERT_OK_AND_ASSIGN(const ResultCacheSize size, ResultCache::size(folder_ / "cache"));
  EXPECT_GT(size.entries, 100);
  EXPECT_LT(size.entries, 500);
}

TEST_F(ResultCacheTest, what_is_used_every_day_outlives_what_is_not) {
  {
    const auto cache = open(5 * kMiB);
    for (uint64_t i = 0; i < 200; ++i)
      ASSERT_THAT(cache->keep(key_of(i), filled(10'000, 1)), IsOk());
    ASSERT_THAT(cache->flush(), IsOk());
  }
  age(10);
  const auto cache = open(5 * kMiB);
  for (uint64_t i = 0; i < 10; ++i) ASSERT_TRUE(cache->find(key_of(i)).value().has_value());
  ASSERT_THAT(cache->flush(), IsOk());
  for (uint64_t i = 200; i < 456; ++i)  // one flush
    ASSERT_THAT(cache->keep(key_of(i), filled(10'000, 1)), IsOk());
  ASSERT_THAT(cache->flush(), IsOk());
  for (uint64_t i = 0; i < 10; ++i) EXPECT_TRUE(cache->find(key_of(i)).value().has_value()) << i;
  EXPECT_EQ(cache->find(key_of(50)).value(), std::nullopt);
}

TEST_F(ResultCacheTest, a_damaged_one_begins_anew_and_a_strangers_is_left_alone) {
  folder_.write("cache/results.sqlite", std::string(40'000, 'x'));
  const auto cache = open();
  ASSERT_THAT(cache->keep(key_of(1), filled(3, 7)), IsOk());
  ASSERT_THAT(cache->flush(), IsOk());
  EXPECT_TRUE(cache->find(key_of(1)).value().has_value());

  sqlite3* database = nullptr;
  real_file_system().create_folders(folder_ / "other").value();
  ASSERT_EQ(sqlite3_open((folder_ / "other/results.sqlite").c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, "CREATE TABLE t (x)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  EXPECT_THAT(ResultCache::open(folder_ / "other", kMiB), FailsWith(Code::kInvalidArgument));
}

TEST_F(ResultCacheTest, two_at_once_share_it) {
  const auto write = [this](uint64_t first) {
    const auto cache = open();
    for (uint64_t i = first; i < first + 600; ++i) {
      EXPECT_THAT(cache->keep(key_of(i), filled(100, 1)), IsOk());
      EXPECT_THAT(cache->find(key_of(i / 2)), IsOk());
    }
    EXPECT_THAT(cache->flush(), IsOk());
  };
  open();  // made
  std::thread other(write, 1000);
  write(0);
  other.join();
  ASSERT_OK_AND_ASSIGN(const ResultCacheSize size, ResultCache::size(folder_ / "cache"));
  EXPECT_EQ(size.entries, 1200);
}

TEST_F(ResultCacheTest, removed_it_is_gone) {
  ASSERT_THAT(open()->keep(key_of(1), filled(3, 7)), IsOk());
  ASSERT_THAT(ResultCache::remove(folder_ / "cache"), IsOk());
  ASSERT_THAT(ResultCache::remove(folder_ / "cache"), IsOk());
  ASSERT_OK_AND_ASSIGN(const ResultCacheSize size, ResultCache::size(folder_ / "cache"));
  EXPECT_EQ(size.entries, 0);
  EXPECT_EQ(size.bytes, 0u);
}

TEST(RowBytes, rows_come_back_as_they_were) {
  const std::vector<Row> rows = {
      {"t", "", {Value(), int64_t{-5}, 2.5, std::string("a\0b", 3), filled(4, 9)}},
      {"t", "face 1", {}}};
  EXPECT_THAT(unpack_rows(pack_rows(rows), "t"), Optional(rows));
  EXPECT_THAT(unpack_rows(pack_rows({}), "t"), Optional(std::vector<Row>()));
}

TEST(RowBytes, other_bytes_are_refused) {
  const std::vector<Row> rows = {{"t", "x", {int64_t{7}, std::string("text"), filled(4, 9)}}};
  const Bytes good = pack_rows(rows);
  for (size_t cut = 0; cut < good.size(); ++cut)
    EXPECT_EQ(unpack_rows(ByteSpan(good).first(cut), "t"), std::nullopt) << cut;
  for (size_t at = 0; at < good.size(); ++at) {
    Bytes changed = good;
    changed[at] = std::byte{0xff};
    (void)unpack_rows(changed, "t");  // whatever it makes of it, within bounds
  }
  Bytes longer = good;
  longer.push_back({});
  EXPECT_EQ(unpack_rows(longer, "t"), std::nullopt);
}

}  // namespace
}  // namespace imagemill
