// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What jobs found out about pictures, kept from run to run: blocks of bytes under hashes that name
// all that they depend on. Nothing here is missed when it is lost. Any number of processes may use
// one at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "store/sqlite.h"

namespace imagemill {

struct ResultCacheSize {
  int64_t entries = 0;
  uint64_t bytes = 0;  // of the files
  std::string damage;  // why entries could not be counted; "": they were
};

class ResultCache {
 public:
  // A file in `folder`, made when it is not there and made anew when it is damaged. Above
  // `bytes_max` what was not used for the longest time is given up.
  static Result<std::unique_ptr<ResultCache>> open(const std::string& folder, uint64_t bytes_max);

  // Any thread.
  Result<std::optional<Bytes>> find(const ContentHash& key);

  // Written at the next flush(), which comes by itself after some hundred. Any thread.
  Result<> keep(const ContentHash& key, Bytes bytes);
  Result<> flush();

  // Of a damaged file its bytes: the next open() makes it anew.
  static Result<ResultCacheSize> size(const std::string& folder);
  // Another process that uses it at the moment keeps what it has until it ends.
  static Result<> remove(const std::string& folder);

 private:
  struct Entry {
    ContentHash key;
    Bytes bytes;
  };

  ResultCache(sqlite::Database database, uint64_t bytes_max)
      : database_(std::move(database)), bytes_max_(bytes_max) {}
  Result<> prepare();
  Result<> flush_locked();
  Result<> make_room();

  std::mutex mutex_;
  // All below guarded by mutex_.
  sqlite::Database database_;
  sqlite::Statement select_;
  sqlite::Statement insert_;
  sqlite::Statement touch_;
  const uint64_t bytes_max_;
  std::vector<Entry> pending_;
  std::vector<ContentHash> touched_;  // used again after a day and more
};

}  // namespace imagemill
