// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The listing of a run: every entry of every source with its rank, fixed before the first is read.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "imagemill/cancel.h"
#include "imagemill/engine.h"
#include "source/source.h"
#include "store/run_store.h"

namespace imagemill {

// A SourceEntry of the run's listing, small: there may be a million.
struct RankedEntry {
  std::string_view key;  // its text lies in RunInputs::keys
  uint64_t bytes = 0;
  int64_t mtime_ns = 0;
  uint64_t locator = 0;
  uint64_t rank = 0;  // among all entries, sorted by key
  // See caption_files.h; the preferred one first. Null: none, as nearly everywhere.
  std::unique_ptr<std::vector<SourceEntry>> captions = {};
  uint32_t path_at = 0;
  uint32_t source = 0;       // index into RunInputs::sources
  bool is_finished = false;  // by an earlier try, and unchanged since

  // As its source listed it.
  SourceEntry listed() const {
    return {.key = std::string(key),
            .bytes = bytes,
            .mtime_ns = mtime_ns,
            .locator = locator,
            .path_at = path_at};
  }
};

// "2/3", as --shard has it: every third input from the second on. "": all of them.
struct ShardNumber {
  uint64_t index = 0;  // 0-based
  uint64_t count = 1;
};
Result<ShardNumber> parse_shard(const std::string& text);

struct RunInputs {
  std::vector<std::unique_ptr<Source>> sources;
  std::vector<std::unique_ptr<char[]>> keys;  // the texts of all keys, a block a source
  std::vector<RankedEntry> entries;  // in rank order; of all shards: names depend on all of them
  std::vector<SourceFailure> failures;
  size_t input_count = 0;  // those that were refused as a whole have no source
  ShardNumber shard;

  bool has_sequential_source() const;
  bool is_in_shard(const RankedEntry& entry) const {
    return entry.rank % shard.count == shard.index;
  }
  // Null when it is not among them.
  const RankedEntry* find(std::string_view key) const;
  // The entry's path below the output: with several sources, each folder and archive has a folder
  // of its own there.
  std::string path_of(const RankedEntry& entry) const;
};

// What the sources of these inputs are called, each in its turn; no two alike.
std::vector<std::string> source_names(const std::vector<std::string>& inputs);

// Opens and lists. A file that is refused as a whole (an archive that is a bomb or broken) becomes
// a failure under its name. Errors: kNotFound and kIoError for what is not there or cannot be read,
// kInvalidArgument for what is no input. `with_captions`: text files go with the pictures that they
// belong to.
Result<RunInputs> list_inputs(const std::vector<std::string>& inputs, const OptionValues& options,
                              const std::vector<std::string>& skip_folders,
                              const std::string& standard_input, FileSystem& fs,
                              const CancelToken& cancel, bool with_captions = false);

}  // namespace imagemill
