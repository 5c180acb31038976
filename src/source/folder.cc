// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>
#include <vector>

#include "source/entry_key.h"
#include "source/glob.h"
#include "source/kinds.h"

namespace imagemill {
namespace {

struct FolderId {
  uint64_t device = 0;
  uint64_t inode = 0;
  bool operator==(const FolderId&) const = default;
};

FolderId id_of(const FileStat& stat) { return {stat.device, stat.inode}; }

// One walk over a tree. Depth first with a stack of its own: a hostile tree is deeper than ours.
class FolderWalk {
 public:
  FolderWalk(const SourcePlace& place, const KeyPrefix& prefix)
      : place_(place),
        prefix_(prefix),
        filter_(place.options.include, place.options.exclude),
        linked_budget_(place.options.limits.max_entries) {
    for (const std::string& folder : place.options.skip_folders) {
      if (const auto stat = place.fs->stat(folder)) skipped_.push_back(id_of(*stat));
    }
  }

  Result<Listing> run(const CancelToken& cancel) {
    IMAGEMILL_ASSIGN_OR_RETURN(const FileStat root, place_.fs->stat(place_.location));
    if (root.kind != FileStat::Kind::kFolder)
      return fail(Code::kInvalidArgument, "{}: not a folder", place_.location);
    pending_.push_back({.path = "", .id = id_of(root)});
    while (!pending_.empty()) {
      if (cancel.is_requested())
        return fail(Code::kCancelled, "{}: listing cancelled", place_.location);
      IMAGEMILL_TRY(visit_next());
    }
    sort_by_key(listing_);
    return std::move(listing_);
  }

 private:
  struct Folder {
    std::string path;  // raw, relative to the root; "" is the root
    FolderId id;
    size_t depth = 0;
    bool is_behind_link = false;
  };

  Result<> visit_next() {
    const Folder folder = std::move(pending_.back());
    pending_.pop_back();
    // Of the folder before this one, only the ancestors that both share are still open.
    ancestors_.resize(folder.depth);
    ancestors_.push_back(folder.id);

    auto members = place_.fs->list_with_stat(join_path(place_.location, folder.path));
    if (!members) {
      if (folder.path.empty()) return std::unexpected(std::move(members).error());
      refuse(folder.path, std::move(members).error());
      return {};
    }
    for (const FolderMember& member : *members) {
      if (!member.name.starts_with('.')) visit_member(folder, member);
    }
    return {};
  }

  void visit_member(const Folder& folder, const FolderMember& member) {
    std::string path = join_path(folder.path, member.name);
    if (!member.stat) return refuse(path, member.stat.error());
    const FileStat& stat = *member.stat;
    // Links that fan out (two links a folder, forty folders deep) would list for ever: what is
    // reached through links is counted.
    if (folder.is_behind_link && linked_budget_ == 0) {
      if (!std::exchange(is_linked_budget_reported_, true))
        refuse(path, Status(Code::kResourceExhausted,
                            fmt::format("{}: more than {} entries reached through links, the rest "
                                        "is left out",
                                        path, place_.options.limits.max_entries)));
      return;
    }
    if (folder.is_behind_link) --linked_budget_;

    switch (stat.kind) {
      case FileStat::Kind::kFile: {
        SourceEntry entry = prefix_.entry_of(path);
        if (!filter_.keeps_everything() && !filter_.keeps(entry.path())) return;
        entry.bytes = stat.bytes;
        entry.mtime_ns = stat.mtime_ns;
        listing_.entries.push_back(std::move(entry));
        return;
      }
      case FileStat::Kind::kFolder: {
        const FolderId id = id_of(stat);
        // Only a link can lead back to a folder that is being listed: its files are listed already.
        if (std::ranges::find(ancestors_, id) != ancestors_.end() ||
            std::ranges::find(skipped_, id) != skipped_.end())
          return;
        pending_.push_back(
            {std::move(path), id, folder.depth + 1, folder.is_behind_link || member.is_link});
        return;
      }
      default:
        refuse(path, Status(Code::kUnsupported,
                            fmt::format("{}: a pipe, socket or device, not a file", path)));
    }
  }

  void refuse(const std::string& path, Status status) {
    listing_.failures.push_back({prefix_.key_of(path), std::move(status)});
  }

  const SourcePlace& place_;
  const KeyPrefix& prefix_;
  EntryFilter filter_;
  uint64_t linked_budget_;
  bool is_linked_budget_reported_ = false;
  std::vector<FolderId> skipped_;
  std::vector<FolderId> ancestors_;  // of the folder being listed, itself included
  std::vector<Folder> pending_;
  Listing listing_;
};

class FolderSource final : public Source {
 public:
  explicit FolderSource(SourcePlace place) : place_(std::move(place)), prefix_(place_.name, '/') {}

  const std::string& name() const override { return place_.name; }

  Result<Listing> list(const CancelToken& cancel) override {
    return FolderWalk(place_, prefix_).run(cancel);
  }

  std::optional<std::string> file_of(const SourceEntry& entry) const override {
    return join_path(place_.location, prefix_.raw_path_of(entry));
  }

  Result<Bytes> read(const SourceEntry& entry) override {
    return place_.fs->read(*file_of(entry), place_.options.limits.max_file_bytes);
  }

 private:
  SourcePlace place_;
  KeyPrefix prefix_;
};

}  // namespace

std::unique_ptr<Source> open_folder(SourcePlace place) {
  return std::make_unique<FolderSource>(std::move(place));
}

}  // namespace imagemill
