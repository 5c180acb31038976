// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/shard_outputs.h"

#include <algorithm>
#include <utility>

namespace imagemill {
namespace {

// Never the run's business in common.
constexpr std::string_view kShardOption = "shard";

Result<> refuse_archives(const OutputPlace& place, const RunOptions& options) {
  if (place.sink_kind() == SinkKind::kZip)
    return fail(Code::kInvalidArgument,
                "{}: a ZIP archive; only folders of files can be merged: let each shard write one",
                place.output());
  const auto layout = options.find("layout");
  if (layout != options.end() && layout->second == "webdataset")
    return fail(Code::kInvalidArgument,
                "{}: a WebDataset; only folders of files can be merged (its tar files need no "
                "merging: readers take those of several folders)",
                place.output());
  return {};
}

// "prepare.size: 640 in out1, 800 in out2", or "".
std::string first_difference(const RunOptions& a, const std::string& folder_a, const RunOptions& b,
                             const std::string& folder_b) {
  const auto value = [](const RunOptions& options, const std::string& name) {
    const auto found = options.find(name);
    return found == options.end()  ? std::string("not set")
           : found->second.empty() ? std::string("\"\"")
                                   : found->second;
  };
  RunOptions names = a;
  names.insert(b.begin(), b.end());
  for (const auto& [name, ignored] : names) {
    const std::string in_a = value(a, name), in_b = value(b, name);
    if (in_a != in_b)
      return fmt::format("{}: {} in {}, {} in {}", name, in_a, folder_a, in_b, folder_b);
  }
  return {};
}

std::string text_of(const ShardNumber& number) {
  return fmt::format("{}/{}", number.index + 1, number.count);
}

// Numbers of one run: none twice, all of the same n.
Result<> check_number(const ShardOutput& shard, const std::vector<ShardOutput>& others) {
  for (const ShardOutput& other : others) {
    if (shard.number.count != other.number.count)
      return fail(Code::kInvalidArgument,
                  "{} is shard {}, {} is {}: shards of one run have the same number after the "
                  "stroke",
                  other.folder, text_of(other.number), shard.folder, text_of(shard.number));
    if (shard.number.index == other.number.index)
      return fail(Code::kInvalidArgument, "{} and {} are both shard {}", other.folder, shard.folder,
                  text_of(shard.number));
  }
  return {};
}

std::string what_differs(const ItemRecord& a, const ItemRecord& b) {
  return a.hash != b.hash         ? "the input's content"
         : a.outputs != b.outputs ? "the files made of it"
         : a.rows != b.rows       ? "its rows"
                                  : "its record";
}

}  // namespace

bool is_same_result(const ItemRecord& a, const ItemRecord& b) {
  return a.state == b.state && a.bytes == b.bytes && a.hash == b.hash && a.outputs == b.outputs &&
         a.job_skips == b.job_skips && a.rows == b.rows;
}

Result<ShardOutputs> ShardOutputs::open(const std::vector<std::string>& folders, FileSystem& fs) {
  ShardOutputs out;
  if (folders.empty()) return fail(Code::kInvalidArgument, "no shards given");
  for (const std::string& folder : folders) {
    IMAGEMILL_ASSIGN_OR_RETURN(const OutputPlace place, OutputPlace::open(folder, "auto", fs));
    IMAGEMILL_TRY(refuse_archives(place, {}));
    IMAGEMILL_TRY(place.expect_store(fs));
    ShardOutput shard{.folder = place.output()};
    IMAGEMILL_ASSIGN_OR_RETURN(shard.store, RunStore::open_settled(place.store_path()));
    IMAGEMILL_ASSIGN_OR_RETURN(RunOptions options, shard.store->options());
    IMAGEMILL_TRY(refuse_archives(place, options));
    IMAGEMILL_ASSIGN_OR_RETURN(shard.number,
                               parse_shard(std::exchange(options[std::string(kShardOption)], "")));
    if (out.shards_.empty()) {
      out.options_ = options;
    } else if (const std::string difference = first_difference(
                   out.options_, out.shards_.front().folder, options, shard.folder);
               !difference.empty()) {
      return fail(Code::kInvalidArgument,
                  "these outputs are of runs with different options ({}); shards of one run differ "
                  "in --shard alone",
                  difference);
    }
    IMAGEMILL_TRY(check_number(shard, out.shards_));
    IMAGEMILL_ASSIGN_OR_RETURN(shard.items, shard.store->finished_items());
    IMAGEMILL_ASSIGN_OR_RETURN(shard.gone, shard.store->gone());
    shard.run = read_recorded_run(place, fs);
    out.shards_.push_back(std::move(shard));
  }
  return out;
}

Result<std::vector<TableSchema>> ShardOutputs::tables() const {
  std::vector<TableSchema> out;
  for (const ShardOutput& shard : shards_) {
    IMAGEMILL_ASSIGN_OR_RETURN(std::vector<TableSchema> tables, shard.store->tables());
    for (TableSchema& table : tables) {
      const auto same = std::ranges::find(out, table.name, &TableSchema::name);
      if (same == out.end()) {
        out.push_back(std::move(table));
      } else if (same->columns != table.columns) {
        return fail(Code::kInvalidArgument,
                    "{}: its table {} has other columns than that of the shards before it: another "
                    "version of Imagemill wrote it",
                    shard.folder, table.name);
      }
    }
  }
  return out;
}

Result<> ShardOutputs::for_each_item(const std::function<Result<>(const ShardItem&)>& visit) const {
  const auto find = [](const ShardOutput& shard, const std::string& key) -> Result<ItemRecord> {
    IMAGEMILL_ASSIGN_OR_RETURN(auto record, shard.store->find_item(key));
    if (!record)
      return fail(Code::kCorruptInput, "{}: {} vanished from its store", shard.folder, key);
    return *std::move(record);
  };
  std::vector<size_t> next(shards_.size(), 0);
  while (true) {
    // The least key that comes next anywhere, and who has it. Shards are few.
    const std::string* key = nullptr;
    for (size_t i = 0; i < shards_.size(); ++i) {
      if (next[i] == shards_[i].items.size()) continue;
      const std::string& candidate = shards_[i].items[next[i]].key;
      if (key == nullptr || candidate < *key) key = &candidate;
    }
    if (key == nullptr) return {};
    const FinishedItem* best = nullptr;
    std::vector<const ShardOutput*> done_by;
    const ShardOutput* best_shard = nullptr;
    bool is_gone = true;  // a shard whose last run found it proves that it is not
    for (size_t i = 0; i < shards_.size(); ++i) {
      if (next[i] == shards_[i].items.size() || shards_[i].items[next[i]].key != *key) continue;
      const FinishedItem& item = shards_[i].items[next[i]++];
      is_gone = is_gone && std::ranges::binary_search(shards_[i].gone, item.key);
      const bool is_done = item.state == ItemState::kDone;
      if (is_done) done_by.push_back(&shards_[i]);
      if (best != nullptr && (best->state == ItemState::kDone || !is_done)) continue;
      best = &item;
      best_shard = &shards_[i];
    }
    IMAGEMILL_ASSIGN_OR_RETURN(ItemRecord record, find(*best_shard, best->key));
    for (const ShardOutput* other : done_by) {
      if (other == best_shard) continue;
      IMAGEMILL_ASSIGN_OR_RETURN(const ItemRecord again, find(*other, best->key));
      if (!is_same_result(record, again))
        return fail(Code::kInvalidArgument, "{}: {} and {} have different results of it ({})",
                    best->key, best_shard->folder, other->folder, what_differs(record, again));
    }
    IMAGEMILL_TRY(visit({best_shard, std::move(record), is_gone}));
  }
}

}  // namespace imagemill
