// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/put_aside.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace imagemill {
namespace {

constexpr int kNamesTried = 100;

std::unexpected<Status> changed(const std::string& path) {
  return fail(Code::kInvalidArgument, "{}: has changed since it was looked at", path);
}

// What is at `where` is the file, and the one to keep is as `kept` says. Its ctime as well: were
// the two one file seen through two mounts, renaming one would have changed the other's.
Result<> check_taken(FileSystem& fs, const Departure& departure, const std::string& where,
                     const FileStat& kept) {
  const auto taken = fs.stat_link(where);
  if (!taken || !is_unchanged(*taken, departure.file.stat)) return changed(departure.file.path);
  const auto now = fs.stat(departure.kept.path);
  if (!now || !is_unchanged(*now, kept) || now->ctime_ns != kept.ctime_ns)
    return changed(departure.kept.path);
  return {};
}

Result<FileStat> unchanged_kept(FileSystem& fs, const Departure& departure) {
  IMAGEMILL_ASSIGN_OR_RETURN(const FileStat now, fs.stat(departure.kept.path));
  if (!is_unchanged(now, departure.kept.stat)) return changed(departure.kept.path);
  return now;
}

// The error why it went back, and where it is should that have failed.
std::unexpected<Status> put_back(FileSystem& fs, const std::string& from, const std::string& to,
                                 const Status& why) {
  const auto is_back = fs.rename_if_free(from, to);
  if (is_back && *is_back) return std::unexpected(why);
  return fail(why.code(), "{}; what was at {} is at {} now", why.message(), to, from);
}

bool is_at(FileSystem& fs, const std::string& path, const FileStat& file) {
  const auto there = fs.stat_link(path);
  return there && is_same_file(*there, file);
}

// Readable by its owner alone until it has the mode of the file.
Result<> write_copy(FileSystem& fs, const std::string& original, ByteSpan bytes,
                    const std::string& path) {
  IMAGEMILL_ASSIGN_OR_RETURN(const auto file, fs.create_new(path));
  if (!file) return fail(Code::kIoError, "{}: exists meanwhile", path);
  auto written = file->write(bytes);
  if (const auto closed = file->close(); written) written = closed;
  if (written) written = fs.copy_attributes(original, path);
  if (written) written = fs.sync(path);
  if (!written) (void)fs.remove(path);
  return written;
}

Result<> sync_folders(FileSystem& fs, std::string folder, const std::string& top) {
  while (true) {
    IMAGEMILL_TRY(fs.sync(folder));
    if (folder.size() <= top.size()) return {};
    folder = std::string(parent_path(folder));
  }
}

Result<> publish_copy(FileSystem& fs, const std::string& partial, const std::string& to,
                      const std::string& top) {
  const auto is_named = fs.rename_if_free(partial, to);
  if (!is_named || !*is_named) {
    (void)fs.remove(partial);
    if (!is_named) return std::unexpected(is_named.error());
    return fail(Code::kIoError, "{}: exists meanwhile", to);
  }
  auto synced = sync_folders(fs, std::string(parent_path(to)), top);
  if (!synced) (void)fs.remove(to);
  return synced;
}

Result<> remove_original(FileSystem& fs, const Departure& departure) {
  IMAGEMILL_ASSIGN_OR_RETURN(const FileStat kept, unchanged_kept(fs, departure));
  const std::string& path = departure.file.path;
  IMAGEMILL_ASSIGN_OR_RETURN(const bool is_aside, fs.rename_if_free(path, departure.aside));
  if (!is_aside) return fail(Code::kIoError, "{}: exists meanwhile", departure.aside);
  auto removed = check_taken(fs, departure, departure.aside, kept);
  if (removed) removed = fs.remove(departure.aside);
  if (removed) return {};
  return put_back(fs, departure.aside, path, removed.error());
}

class LinkInPlace {
 public:
  LinkInPlace(FileSystem& fs, const Departure& departure, ByteSpan bytes)
      : fs_(fs), departure_(departure), bytes_(bytes) {}

  Result<> put(const std::function<Result<>(const std::string& path)>& make_link) {
    IMAGEMILL_TRY(make_link(aside()));
    if (auto looked = look_at_link(); !looked) return give_up(looked.error());
    const auto exchanged = fs_.exchange(aside(), path());
    if (!exchanged && exchanged.error().code() == Code::kUnsupported) return put_in_two_steps();
    if (!exchanged) return give_up(exchanged.error());
    const auto removed = remove_old(aside());
    return removed ? Result<>() : exchange_back(removed.error());
  }

 private:
  const std::string& aside() const { return departure_.aside; }
  const std::string& path() const { return departure_.file.path; }

  Result<> look_at_link() {
    IMAGEMILL_ASSIGN_OR_RETURN(link_, fs_.stat_link(aside()));
    IMAGEMILL_ASSIGN_OR_RETURN(const FileStat target, fs_.stat(aside()));
    if (!is_unchanged(target, departure_.kept.stat)) return changed(departure_.kept.path);
    IMAGEMILL_ASSIGN_OR_RETURN(kept_, unchanged_kept(fs_, departure_));
    return {};
  }

  // The link is in place and `old` the name of what it stands for.
  Result<> remove_old(const std::string& old) {
    // A power cut must not undo the rename and leave the removal. First, because it takes time.
    IMAGEMILL_TRY(fs_.sync(std::string(parent_path(path()))));
    // A second name of the kept file changes its ctime when it is renamed, and cannot be made
    // through another mount.
    if (is_same_file(link_, kept_)) {
      IMAGEMILL_ASSIGN_OR_RETURN(kept_, unchanged_kept(fs_, departure_));
    }
    IMAGEMILL_TRY(check_taken(fs_, departure_, old, kept_));
    // What a mount remembers of the kept file may be of before the exchange (FUSE, NFS): only who
    // opens it learns that it was the very file, of which the link is all that is left.
    const auto through_link = fs_.read(path(), bytes_.size());
    if (!through_link || !std::ranges::equal(*through_link, bytes_))
      return changed(departure_.kept.path);
    return fs_.remove(old);
  }

  Result<> put_in_two_steps() {
    const std::string old = second_name(aside());
    const auto is_away = fs_.rename_if_free(path(), old);
    if (!is_away) return give_up(is_away.error());
    if (!*is_away) return give_up(Status(Code::kIoError, old + ": exists meanwhile"));
    auto done = check_taken(fs_, departure_, old, kept_);
    if (done) {
      const auto is_placed = fs_.rename_if_free(aside(), path());
      if (!is_placed)
        done = std::unexpected(is_placed.error());
      else
        done = *is_placed ? remove_old(old) : fail(Code::kIoError, "{}: exists meanwhile", path());
    }
    if (done) return {};
    if (is_at(fs_, path(), link_)) (void)fs_.remove(path());
    return give_up(put_back(fs_, old, path(), done.error()).error());
  }

  // Where the link has given way to something newer, that stays.
  Result<> exchange_back(const Status& why) {
    if (!is_at(fs_, path(), link_) || !fs_.exchange(aside(), path()))
      return fail(why.code(), "{}; what was at {} is at {} now", why.message(), path(), aside());
    return give_up(why);
  }

  // Whatever else there is now has been put at the file's name meanwhile.
  std::unexpected<Status> give_up(const Status& why) {
    const auto there = fs_.stat_link(aside());
    if (!there && there.error().code() == Code::kNotFound) return std::unexpected(why);
    if (there && is_same_file(*there, link_) && fs_.remove(aside())) return std::unexpected(why);
    return fail(why.code(), "{}; {} is left behind", why.message(), aside());
  }

  FileSystem& fs_;
  const Departure& departure_;
  const ByteSpan bytes_;  // of the file, and of the one that is kept
  FileStat link_;
  FileStat kept_;
};

}  // namespace

bool is_same_file(const FileStat& a, const FileStat& b) {
  return a.device == b.device && a.inode == b.inode;
}

bool is_unchanged(const FileStat& a, const FileStat& b) {
  return is_same_file(a, b) && a.kind == b.kind && a.bytes == b.bytes && a.mtime_ns == b.mtime_ns;
}

Result<std::string> free_name_beside(FileSystem& fs, const std::string& path) {
  for (int i = 0; i < kNamesTried; ++i) {
    uint64_t random = 0;
    if (::getrandom(&random, sizeof random, 0) != sizeof random)
      return fail(Code::kIoError, "{}: no random name: {}", path, std::strerror(errno));
    std::string name =
        join_path(parent_path(path), fmt::format("{}{:016x}", kPrivatePrefix, random));
    const auto there = fs.stat_link(name);
    if (there) continue;
    if (there.error().code() != Code::kNotFound) return std::unexpected(there.error());
    return name;
  }
  return fail(Code::kIoError, "{}: no free name beside it", path);
}

Result<bool> rename_away(FileSystem& fs, const Departure& departure, const std::string& to) {
  IMAGEMILL_ASSIGN_OR_RETURN(const FileStat kept, unchanged_kept(fs, departure));
  const auto is_moved = fs.rename_if_free(departure.file.path, to);
  if (!is_moved && is_moved.error().code() == Code::kUnsupported) return false;
  if (!is_moved) return std::unexpected(is_moved.error());
  if (!*is_moved) return fail(Code::kIoError, "{}: exists meanwhile", to);
  const auto checked = check_taken(fs, departure, to, kept);
  if (!checked) return put_back(fs, to, departure.file.path, checked.error());
  return true;
}

Result<> copy_away(FileSystem& fs, const Departure& departure, ByteSpan bytes,
                   const std::string& to, const std::string& top) {
  const std::string partial = join_path(parent_path(to), file_name(departure.aside));
  IMAGEMILL_TRY(write_copy(fs, departure.file.path, bytes, partial));
  IMAGEMILL_TRY(publish_copy(fs, partial, to, top));
  auto removed = remove_original(fs, departure);
  // Where the original has its name still or again, nothing was done.
  if (!removed && fs.stat_link(departure.file.path) && !fs.stat_link(departure.aside))
    (void)fs.remove(to);
  return removed;
}

Result<> replace_by_link(FileSystem& fs, const Departure& departure, ByteSpan bytes,
                         const std::function<Result<>(const std::string& path)>& make_link) {
  return LinkInPlace(fs, departure, bytes).put(make_link);
}

}  // namespace imagemill
