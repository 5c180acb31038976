// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Tar shards for training loaders that stream: 00000.tar, 00001.tar ...
//
// A sample is what follows each other in publishing order under one stem: "a/b.jpg", "a/b.txt"
// become "000000000.jpg", "000000000.txt" (5-digit shard, 4-digit index). It ends with a
// "000000000.json" that names what it was made of (".path.json" where the sample has a .json of its
// own); the same lines stand in 00000.jsonl beside the shard. 00000_stats.json comes last: its
// presence says that the shard is finished.
//
// Only the shard being written can be cut. It is called 00000.tar.partial until all of it has been
// committed: shards that end within a group get their names when the next group begins (or
// finish()), and after a crash when the sink is opened again.
#include <mutex>
#include <unordered_set>

#include "base/hash.h"
#include "base/hash_set.h"
#include "sink/append_file.h"
#include "sink/registry.h"
#include "sink/shard.h"
#include "sink/staging.h"
#include "sink/tar_format.h"

namespace imagemill {
namespace {

constexpr std::byte kZeros[kTarEndBytes] = {};

// Which paths are in the dataset. By their JSON text, because that is how a
// finished shard's index gives them back. Any thread.
class PathSet {
 public:
  void insert(const std::string& path) {
    const ContentHash hash = identity(path);
    const std::lock_guard lock(mutex_);
    hashes_.insert(hash);
  }
  bool contains(const std::string& path) const {
    const ContentHash hash = identity(path);
    const std::lock_guard lock(mutex_);
    return hashes_.contains(hash);
  }

 private:
  static ContentHash identity(const std::string& path) {
    return hash_content(as_byte_span(json_text(path)));
  }
  mutable std::mutex mutex_;
  HashSet<ContentHash> hashes_;  // guarded by mutex_
};

Result<> remove_if_any(const std::string& path, FileSystem& fs) {
  auto removed = fs.remove(path);
  if (!removed && removed.error().code() == Code::kNotFound) return {};
  return removed;
}

class WebDatasetSink final : public Sink {
 public:
  WebDatasetSink(const std::string& location, const SinkOptions& options,
                 std::unique_ptr<StagingFolder> staging, FileSystem& fs)
      : names_(location, options.shard_entries),
        shard_entries_(std::max<uint64_t>(1, options.shard_entries)),
        shard_bytes_(options.shard_bytes),
        staging_(std::move(staging)),
        fs_(fs) {}

  Result<> open_fresh(bool may_replace);
  Result<> open_resumed(const std::string& state_text);

  bool is_ordered() const override { return true; }

  Result<StagedFile> stage(const std::string& path, ByteSpan bytes) override {
    IMAGEMILL_TRY(check_output_path(path));
    if (bytes.size() > kTarMaxFileBytes)
      return fail(Code::kUnsupported, "{}: {} bytes, a tar member has at most {}", path,
                  bytes.size(), kTarMaxFileBytes);
    if (sample_extension(path).size() > kMaxSampleExtension)
      return fail(Code::kInvalidArgument, "{}: extension of more than {} bytes", path,
                  kMaxSampleExtension);
    return staging_->write(path, bytes);
  }

  void discard(const StagedFile& file) override { staging_->remove(file); }

  Result<> publish(std::span<const StagedFile> files) override;

  std::string state() const override { return state_; }

  bool exists(const std::string& path) override { return paths_.contains(path); }

  Result<> finish() override;

 private:
  Result<> check_sound() const {
    if (is_sound_) return {};
    return fail(Code::kIoError, "{}: an earlier write failed; the run has to be resumed",
                names_.folder);
  }
  Result<> check_new(std::span<const StagedFile> files) const;

  Result<> append(const StagedFile& file);
  Result<> append_member(std::string name, ByteSpan bytes);
  Result<> end_sample();
  Result<> open_shard(uint64_t bytes);
  Result<> close_shard();
  Result<> settle_closed();
  Result<> sync_names();

  Result<> reopen(const ShardState& state);
  Result<bool> is_complete(const ShardState& state);
  Result<> settle_committed(uint64_t end);
  Result<> load_paths(uint64_t end);
  Result<> remove_partials(uint64_t begin);
  Result<> remove_shards(bool may_replace);

  const ShardNames names_;
  const uint64_t shard_entries_;
  const uint64_t shard_bytes_;
  const std::unique_ptr<StagingFolder> staging_;
  FileSystem& fs_;

  Shard shard_;
  std::optional<AppendFile> file_;      // of shard_; nullopt: not begun, or complete
  std::optional<ShardState> complete_;  // the last shard is, as a finished run left it
  std::vector<ClosedShard> closed_;     // ended by the last group, so perhaps not committed
  PathSet paths_;
  std::string state_;
  bool names_changed_ = false;  // since the last sync_all
  bool is_sound_ = true;
};

Result<> WebDatasetSink::publish(std::span<const StagedFile> files) {
  if (files.empty()) return {};
  IMAGEMILL_TRY(check_sound());
  IMAGEMILL_TRY(check_new(files));
  is_sound_ = false;
  // That this is called says that the group before has been committed.
  IMAGEMILL_TRY(settle_closed());
  if (complete_) IMAGEMILL_TRY(reopen(*complete_));
  for (const StagedFile& file : files) IMAGEMILL_TRY(append(file));
  IMAGEMILL_TRY(file_->sync());
  IMAGEMILL_TRY(sync_names());
  is_sound_ = true;
  state_ = ShardState{.shard = shard_.number,
                      .bytes = file_->size(),
                      .samples = shard_.samples,
                      .open_paths = shard_.open->paths()}
               .to_text();
  for (const StagedFile& file : files) staging_->remove(file);
  return {};
}

Result<> WebDatasetSink::finish() {
  IMAGEMILL_TRY(check_sound());
  is_sound_ = false;
  IMAGEMILL_TRY(settle_closed());
  if (file_) {
    IMAGEMILL_TRY(close_shard());
    IMAGEMILL_TRY(settle_closed());
  }
  IMAGEMILL_TRY(sync_names());
  is_sound_ = true;
  return {};
}

Result<> WebDatasetSink::check_new(std::span<const StagedFile> files) const {
  std::unordered_set<std::string_view> group;
  for (const StagedFile& file : files)
    if (!group.insert(file.path).second || paths_.contains(file.path))
      return fail(Code::kInvalidArgument,
                  "{}: is in the WebDataset already, and a tar cannot replace; --restart or "
                  "another output folder",
                  file.path);
  return {};
}

Result<> WebDatasetSink::append(const StagedFile& file) {
  IMAGEMILL_ASSIGN_OR_RETURN(const Bytes bytes, staging_->read(file));
  if (shard_.open && shard_.open->accepts(file.path)) {
    shard_.open->add(file.path);
  } else {
    IMAGEMILL_TRY(end_sample());
    const bool is_full = shard_.samples >= shard_entries_ ||
                         (file_ && shard_bytes_ != 0 && file_->size() >= shard_bytes_);
    if (is_full) {
      const uint64_t next = shard_.number + 1;
      IMAGEMILL_TRY(close_shard());
      shard_ = Shard();
      shard_.number = next;
    }
    if (!file_) IMAGEMILL_TRY(open_shard(0));
    shard_.open = ShardSample(names_.key(shard_.number, shard_.samples), {file.path});
  }
  paths_.insert(file.path);
  return append_member(shard_.open->member(file.path), bytes);
}

Result<> WebDatasetSink::append_member(std::string name, ByteSpan bytes) {
  IMAGEMILL_TRY(file_->append(tar_header({.name = std::move(name), .bytes = bytes.size()})));
  IMAGEMILL_TRY(file_->append(bytes));
  return file_->append(ByteSpan(kZeros).first(tar_padding(bytes.size())));
}

Result<> WebDatasetSink::end_sample() {
  if (!shard_.open) return {};
  const std::string origin = shard_.open->origin();
  IMAGEMILL_TRY(append_member(shard_.open->origin_member(), as_byte_span(origin)));
  shard_.index += origin;
  ++shard_.samples;
  shard_.open.reset();
  return {};
}

Result<> WebDatasetSink::open_shard(uint64_t bytes) {
  IMAGEMILL_ASSIGN_OR_RETURN(file_, AppendFile::open(names_.partial(shard_.number), bytes, fs_));
  names_changed_ = true;
  return {};
}

// Ends the tar; its name comes with settle_closed().
Result<> WebDatasetSink::close_shard() {
  IMAGEMILL_TRY(end_sample());
  IMAGEMILL_TRY(file_->append(kZeros));
  IMAGEMILL_TRY(file_->sync());
  IMAGEMILL_TRY(file_->close());
  closed_.push_back({.number = shard_.number,
                     .samples = shard_.samples,
                     .bytes = file_->size(),
                     .index = std::move(shard_.index)});
  file_.reset();
  return {};
}

Result<> WebDatasetSink::settle_closed() {
  for (const ClosedShard& shard : closed_) IMAGEMILL_TRY(settle_shard(names_, shard, fs_));
  names_changed_ |= !closed_.empty();
  closed_.clear();
  return {};
}

Result<> WebDatasetSink::sync_names() {
  if (names_changed_) IMAGEMILL_TRY(fs_.sync_all(names_.folder));
  names_changed_ = false;
  return {};
}

Result<> WebDatasetSink::open_fresh(bool may_replace) {
  IMAGEMILL_TRY(remove_shards(may_replace));
  return remove_partials(0);
}

Result<> WebDatasetSink::open_resumed(const std::string& state_text) {
  IMAGEMILL_ASSIGN_OR_RETURN(const ShardState state, ShardState::parse(state_text));
  state_ = state_text;
  IMAGEMILL_TRY(remove_partials(state.shard + 1));
  IMAGEMILL_TRY(settle_committed(state.shard));
  IMAGEMILL_TRY(load_paths(state.shard));

  shard_.number = state.shard;
  shard_.open = ShardSample(names_.key(state.shard, state.samples), state.open_paths);
  IMAGEMILL_ASSIGN_OR_RETURN(const auto partial_bytes,
                             file_size_if_any(names_.partial(state.shard), fs_));
  const std::string tar = partial_bytes ? names_.partial(state.shard) : names_.tar(state.shard);
  IMAGEMILL_ASSIGN_OR_RETURN(const auto tar_bytes, file_size_if_any(tar, fs_));
  if (tar_bytes.value_or(0) < state.bytes)
    return fail(Code::kCorruptInput,
                "{}: {} bytes, but the run store knows of {}; --restart begins anew", tar,
                tar_bytes.value_or(0), state.bytes);
  IMAGEMILL_ASSIGN_OR_RETURN(ShardContents contents,
                             read_shard(tar, state.bytes, /*has_open_sample=*/true, fs_));
  if (contents.samples != state.samples)
    return fail(Code::kCorruptInput,
                "{}: {} samples, but the run store knows of {}; --restart begins anew", tar,
                contents.samples, state.samples);
  for (const std::string& path : paths_in_index(contents.index)) paths_.insert(path);
  for (const std::string& path : state.open_paths) paths_.insert(path);
  shard_.samples = contents.samples;
  shard_.index = std::move(contents.index);

  if (partial_bytes) return open_shard(state.bytes);
  IMAGEMILL_ASSIGN_OR_RETURN(const bool is_whole, is_complete(state));
  if (!is_whole) return reopen(state);
  complete_ = state;
  return {};
}

// Makes the last shard of a finished run a growing one again. Its new name is durable before its
// end is cut off: a power cut leaves no finished shard that is none.
Result<> WebDatasetSink::reopen(const ShardState& state) {
  IMAGEMILL_TRY(remove_if_any(names_.stats(state.shard), fs_));
  IMAGEMILL_TRY(fs_.rename(names_.tar(state.shard), names_.partial(state.shard)));
  IMAGEMILL_TRY(remove_if_any(names_.index(state.shard), fs_));
  IMAGEMILL_TRY(fs_.sync_all(names_.folder));
  IMAGEMILL_TRY(open_shard(state.bytes));
  complete_.reset();
  return {};
}

Result<bool> WebDatasetSink::is_complete(const ShardState& state) {
  const uint64_t whole_bytes =
      state.bytes + tar_member_size(shard_.open->origin().size()) + kTarEndBytes;
  IMAGEMILL_ASSIGN_OR_RETURN(const auto tar_bytes, file_size_if_any(names_.tar(state.shard), fs_));
  IMAGEMILL_ASSIGN_OR_RETURN(const auto stats_bytes,
                             file_size_if_any(names_.stats(state.shard), fs_));
  return tar_bytes == whole_bytes && stats_bytes.has_value();
}

// Shards before `end` were committed; the last of them may have been cut off before they got their
// names.
Result<> WebDatasetSink::settle_committed(uint64_t end) {
  uint64_t begin = end;
  while (begin > 0) {
    IMAGEMILL_ASSIGN_OR_RETURN(const auto stats, file_size_if_any(names_.stats(begin - 1), fs_));
    if (stats) break;
    --begin;
  }
  for (uint64_t number = begin; number < end; ++number) {
    IMAGEMILL_ASSIGN_OR_RETURN(const auto partial, file_size_if_any(names_.partial(number), fs_));
    const std::string tar = partial ? names_.partial(number) : names_.tar(number);
    IMAGEMILL_ASSIGN_OR_RETURN(const FileStat stat, fs_.stat(tar));
    IMAGEMILL_ASSIGN_OR_RETURN(ShardContents contents,
                               read_shard(tar, stat.bytes, /*has_open_sample=*/false, fs_));
    closed_.push_back({.number = number,
                       .samples = contents.samples,
                       .bytes = stat.bytes,
                       .index = std::move(contents.index)});
  }
  return settle_closed();
}

Result<> WebDatasetSink::load_paths(uint64_t end) {
  constexpr uint64_t kMaxIndexBytes = uint64_t{1} << 32;
  for (uint64_t number = 0; number < end; ++number) {
    IMAGEMILL_ASSIGN_OR_RETURN(const Bytes index, fs_.read(names_.index(number), kMaxIndexBytes));
    for (const std::string& path : paths_in_index(as_text(index))) paths_.insert(path);
  }
  return {};
}

Result<> WebDatasetSink::remove_partials(uint64_t begin) {
  IMAGEMILL_ASSIGN_OR_RETURN(const auto entries, fs_.list(names_.folder));
  for (const FolderEntry& entry : entries) {
    const auto number = shard_number(entry.name, ".tar.partial");
    if (number && *number >= begin) IMAGEMILL_TRY(fs_.remove(names_.partial(*number)));
  }
  return {};
}

Result<> WebDatasetSink::remove_shards(bool may_replace) {
  IMAGEMILL_ASSIGN_OR_RETURN(const auto entries, fs_.list(names_.folder));
  for (const FolderEntry& entry : entries) {
    const auto number = shard_number(entry.name, ".tar");
    if (!number) continue;
    if (!may_replace)
      return fail(Code::kInvalidArgument,
                  "{}: exists already; choose another output folder or --restart",
                  names_.tar(*number));
    IMAGEMILL_TRY(remove_if_any(names_.stats(*number), fs_));
    IMAGEMILL_TRY(remove_if_any(names_.index(*number), fs_));
    IMAGEMILL_TRY(fs_.remove(names_.tar(*number)));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Sink>> open_webdataset_sink(const std::string& location,
                                                   const SinkOptions& options, FileSystem& fs) {
  IMAGEMILL_TRY(fs.create_folders(location));
  IMAGEMILL_ASSIGN_OR_RETURN(auto staging, StagingFolder::open(options.staging_folder, fs));
  auto sink = std::make_unique<WebDatasetSink>(location, options, std::move(staging), fs);
  IMAGEMILL_TRY(options.resume_state.empty() ? sink->open_fresh(options.may_replace)
                                             : sink->open_resumed(options.resume_state));
  return sink;
}

}  // namespace imagemill
