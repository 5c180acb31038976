// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Files in a folder, renamed into place from the staging folder.
//
// A group costs two syncfs instead of an fsync a file (and one a folder): the first makes the
// staged bytes durable, so that no name can ever stand for half a file; the second makes the new
// names and folders durable, so that the rows committed next cannot outlive their files. With
// hundreds of files a group this is two journal commits instead of hundreds, whatever is asked of
// the disk besides.
#include <climits>
#include <unordered_set>

#include "sink/registry.h"
#include "sink/staging.h"

namespace imagemill {
namespace {

class FolderSink final : public Sink {
 public:
  FolderSink(std::string location, std::unique_ptr<StagingFolder> staging, FileSystem& fs)
      : location_(std::move(location)), staging_(std::move(staging)), fs_(fs) {}

  bool is_ordered() const override { return false; }

  Result<StagedFile> stage(const std::string& path, ByteSpan bytes) override {
    IMAGEMILL_TRY(check_path(path));
    return staging_->write(path, bytes);
  }

  Result<StagedFile> stage_link(const std::string& path, const std::string& file) override {
    IMAGEMILL_TRY(check_path(path));
    return staging_->link(path, file);
  }

  void discard(const StagedFile& file) override { staging_->remove(file); }

  Result<> publish(std::span<const StagedFile> files) override {
    if (files.empty()) return {};
    IMAGEMILL_TRY(fs_.sync_all(staging_->path()));
    for (const StagedFile& file : files) IMAGEMILL_TRY(move_into_place(file));
    return fs_.sync_all(location_);
  }

  bool exists(const std::string& path) override {
    return fs_.stat_link(join_path(location_, path)).has_value();
  }

  Result<> finish() override { return {}; }

 private:
  Result<> check_path(const std::string& path) const {
    IMAGEMILL_TRY(check_output_path(path));
    if (location_.size() + path.size() + 2 > PATH_MAX)
      return fail(Code::kInvalidArgument, "output path of {} bytes, with the folder's own {}",
                  path.size(), location_.size());
    return {};
  }

  Result<> move_into_place(const StagedFile& file) {
    const std::string target = join_path(location_, file.path);
    const std::string folder(parent_path(target));
    IMAGEMILL_TRY(make_folder(folder));
    auto renamed = fs_.rename(file.temporary, target);
    if (renamed || renamed.error().code() != Code::kNotFound) return renamed;
    // Someone may have removed the folder since it was made.
    known_folders_.erase(folder);
    IMAGEMILL_TRY(make_folder(folder));
    return fs_.rename(file.temporary, target);
  }

  Result<> make_folder(const std::string& folder) {
    if (known_folders_.contains(folder)) return {};
    IMAGEMILL_TRY(fs_.create_folders(folder));
    known_folders_.insert(folder);
    return {};
  }

  const std::string location_;
  const std::unique_ptr<StagingFolder> staging_;
  FileSystem& fs_;
  std::unordered_set<std::string> known_folders_;  // publish() alone
};

}  // namespace

Result<std::unique_ptr<Sink>> open_folder_sink(const std::string& location,
                                               const SinkOptions& options, FileSystem& fs) {
  IMAGEMILL_TRY(fs.create_folders(location));
  IMAGEMILL_ASSIGN_OR_RETURN(auto staging, StagingFolder::open(options.staging_folder, fs));
  return std::make_unique<FolderSink>(location, std::move(staging), fs);
}

}  // namespace imagemill
