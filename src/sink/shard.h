// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a WebDataset shard is made of, apart from when it is written: names, samples, the state that
// a resumed run goes on from, and the steps that make a committed shard final.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "imagemill/status.h"

namespace imagemill {

struct ShardNames {
  std::string folder;
  int index_digits = 4;  // of a sample's key, after the shard's number

  ShardNames(std::string location, uint64_t shard_entries);

  std::string tar(uint64_t shard) const { return name(shard, ".tar"); }
  std::string partial(uint64_t shard) const { return name(shard, ".tar.partial"); }
  std::string index(uint64_t shard) const { return name(shard, ".jsonl"); }
  std::string stats(uint64_t shard) const { return name(shard, "_stats.json"); }
  std::string key(uint64_t shard, uint64_t sample) const;

 private:
  std::string name(uint64_t shard, std::string_view suffix) const;
};

// "00012.tar" with suffix ".tar" is 12.
std::optional<uint64_t> shard_number(std::string_view file_name, std::string_view suffix);

// What follows the last dot of the file name; "bin" when nothing does: loaders pass over members
// without an extension.
std::string sample_extension(std::string_view path);
constexpr size_t kMaxSampleExtension = 64;  // with the key it has to fit a tar name

// Files that follow each other and differ in their extension alone.
class ShardSample {
 public:
  ShardSample(std::string key, std::vector<std::string> paths)
      : key_(std::move(key)), paths_(std::move(paths)) {}

  const std::vector<std::string>& paths() const { return paths_; }

  bool accepts(std::string_view path) const;
  void add(std::string path) { paths_.push_back(std::move(path)); }
  // The tar name of one of its files.
  std::string member(std::string_view path) const { return key_ + "." + sample_extension(path); }

  // The closing member: {"key":"000000000","path":"a/b.jpg","files":["a/b.jpg","a/b.txt"]}.
  std::string origin_member() const;
  std::string origin() const;

 private:
  std::string key_;
  std::vector<std::string> paths_;
};

// The shard being written.
struct Shard {
  uint64_t number = 0;
  uint64_t samples = 0;  // that have ended
  std::string index;     // the origin() of each, as lines
  std::optional<ShardSample> open;
};

// Where a committed group ended.
struct ShardState {
  uint64_t shard = 0;
  uint64_t bytes = 0;
  uint64_t samples = 0;
  std::vector<std::string> open_paths;

  std::string to_text() const;
  static Result<ShardState> parse(const std::string& text);
};

// Reads the samples of a tar back, up to `bytes` or its end. `has_open_sample`: the last one there
// has no closing member.
struct ShardContents {
  uint64_t samples = 0;  // that have ended
  std::string index;
};
Result<ShardContents> read_shard(const std::string& tar, uint64_t bytes, bool has_open_sample,
                                 FileSystem& fs);

// The paths named in index lines.
std::vector<std::string> paths_in_index(std::string_view index);

// A tar that was ended, under its partial name.
struct ClosedShard {
  uint64_t number = 0;
  uint64_t samples = 0;
  uint64_t bytes = 0;
  std::string index;
};
// Gives it its name, index and, last, its stats. May be repeated after being cut off anywhere.
Result<> settle_shard(const ShardNames& names, const ClosedShard& shard, FileSystem& fs);

// JSON text of a path; bytes that are not UTF-8 become U+FFFD.
std::string json_text(std::string_view path);

}  // namespace imagemill
