// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/run_finish.h"

#include <algorithm>

#include "base/hash.h"
#include "engine/report_samples.h"

namespace imagemill {
namespace {

constexpr uint64_t kFileBytesMax = uint64_t{1} << 30;

}  // namespace

Result<Bytes> RunFinishContext::read_output(const std::string& path) {
  if (!can_read_outputs()) return fail(Code::kNotFound, "{}: an archive gives no file back", path);
  return fs_.read(place_of(path), kFileBytesMax);
}

Result<> RunFinishContext::write_output(const std::string& path, ByteSpan bytes) {
  if (is_beside_sink())
    return write_output(path, [&](const std::string& file) -> Result<> {
      return write_file_atomically(fs_, file, bytes);
    });
  return publish(path, [&](const std::string& target) -> Result<> {
    IMAGEMILL_ASSIGN_OR_RETURN(const StagedFile file, context_.sink.stage(target, bytes));
    return context_.sink.publish({&file, 1});
  });
}

Result<> RunFinishContext::write_output(
    const std::string& path, const std::function<Result<>(const std::string& file)>& make) {
  return publish(path, [&](const std::string& target) -> Result<> {
    // Beside the files that wait to be published, so that a rename is all it takes.
    const std::string made = join_path(place_.staging_folder(), "finish.partial");
    auto result = make(made);
    if (result) result = move_made(made, target);
    if (!result) (void)fs_.remove(made);
    return result;
  });
}

Result<> RunFinishContext::move_made(const std::string& made, const std::string& target) {
  if (place_.sink_kind() == SinkKind::kZip) {
    IMAGEMILL_ASSIGN_OR_RETURN(const Bytes bytes, fs_.read(made, kFileBytesMax));
    IMAGEMILL_ASSIGN_OR_RETURN(const StagedFile file, context_.sink.stage(target, bytes));
    IMAGEMILL_TRY(context_.sink.publish({&file, 1}));
    return fs_.remove(made);
  }
  if (is_beside_sink()) {
    IMAGEMILL_TRY(fs_.sync_all(place_.staging_folder()));
    IMAGEMILL_TRY(fs_.create_folders(std::string(parent_path(place_of(target)))));
    IMAGEMILL_TRY(fs_.rename(made, place_of(target)));
    return fs_.sync_all(place_.output());
  }
  IMAGEMILL_ASSIGN_OR_RETURN(const FileStat stat, fs_.stat(made));
  const StagedFile file{.path = target, .temporary = made, .bytes = stat.bytes};
  return context_.sink.publish({&file, 1});
}

bool RunFinishContext::is_beside_sink() const {
  return place_.sink_kind() == SinkKind::kWebDataset;
}

std::string RunFinishContext::place_of(const std::string& path) const {
  return join_path(place_.output(), path);
}

bool RunFinishContext::is_there(const std::string& path) const {
  return is_beside_sink() ? fs_.stat_link(place_of(path)).has_value() : context_.sink.exists(path);
}

Result<> RunFinishContext::remove_output(const std::string& path) {
  if (place_.sink_kind() == SinkKind::kZip || !context_.own_paths.contains(path)) return {};
  IMAGEMILL_TRY(read_item_paths());
  if (is_of_item(path)) return {};
  auto removed = fs_.remove(place_of(path));
  if (!removed && removed.error().code() == Code::kNotFound) return {};
  return removed;
}

bool RunFinishContext::is_input(std::string_view key) const {
  return !std::ranges::binary_search(gone_, key);
}

std::string RunFinishContext::file_of(std::string_view key) const {
  const RankedEntry* const entry = context_.inputs.find(key);
  if (entry == nullptr) return originals_ != nullptr ? originals_->path_of(key) : "";
  return context_.inputs.sources[entry->source]->file_of(entry->listed()).value_or("");
}

Result<Bytes> RunFinishContext::read_input(std::string_view key) {
  const RankedEntry* const entry = context_.inputs.find(key);
  if (entry == nullptr && originals_ != nullptr) return originals_->read(key, kFileBytesMax);
  if (entry == nullptr) return fail(Code::kNotFound, "{}: is no input", key);
  Source& source = *context_.inputs.sources[entry->source];
  if (source.is_sequential()) return fail(Code::kUnsupported, "{}: can be read only once", key);
  return source.read(entry->listed());
}

Result<Bytes> RunFinishContext::preview_of(std::string_view key, int side) {
  IMAGEMILL_TRY(check_cancelled());
  IMAGEMILL_ASSIGN_OR_RETURN(const Bytes bytes, read_input(key));
  IMAGEMILL_ASSIGN_OR_RETURN(SamplePicture small, small_picture(context_, bytes, side));
  return std::move(small.bytes);
}

Result<> RunFinishContext::publish(const std::string& path,
                                   const std::function<Result<>(const std::string& target)>& put) {
  IMAGEMILL_TRY(check_cancelled());
  IMAGEMILL_ASSIGN_OR_RETURN(const auto target, free_path(path));
  if (!target) {
    warn(fmt::format("{}: exists already and stays (--on-conflict skip)", path));
    return {};
  }
  const OutputRecord record{.job = {}, .path = *target};
  IMAGEMILL_TRY(store_.announce({&record, 1}));
  return put(*target);
}

Result<> RunFinishContext::read_item_paths() {
  if (item_paths_) return {};
  item_paths_.emplace();
  return store_.for_each_item([this](const ItemRecord& item) -> Result<> {
    for (const OutputRecord& output : item.outputs)
      item_paths_->insert(hash_content(as_byte_span(output.path)).low);
    return check_cancelled();
  });
}

bool RunFinishContext::is_of_item(const std::string& path) const {
  return item_paths_->contains(hash_content(as_byte_span(path)).low);
}

Result<std::optional<std::string>> RunFinishContext::free_path(const std::string& wanted) {
  IMAGEMILL_TRY(read_item_paths());
  const auto is_free = [&](const std::string& path) {
    return !is_of_item(path) && (context_.own_paths.contains(path) || !is_there(path));
  };
  const bool may_replace = context_.on_conflict == OnConflict::kOverwrite && !is_of_item(wanted);
  if (is_free(wanted) || may_replace) return wanted;
  if (context_.on_conflict == OnConflict::kSkip && !is_of_item(wanted)) return std::nullopt;
  return numbered_path(wanted, is_free);
}

}  // namespace imagemill
