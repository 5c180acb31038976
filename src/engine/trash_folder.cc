// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/trash_folder.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/percent_code.h"

namespace imagemill {
namespace {

constexpr int kNamesTried = 10'000;

// A file can be renamed within a mount; two mounts of one file system have the same device number.
struct Mount {
  uint64_t device = 0;
  uint64_t id = 0;
  bool operator==(const Mount&) const = default;
};

Result<Mount> mount_of(FileSystem& fs, const std::string& path) {
  IMAGEMILL_ASSIGN_OR_RETURN(const FileStat stat, fs.stat(path));
  struct statx more{};
  // Where the kernel does not know mounts' numbers they are all the same.
  const bool has_id = ::statx(AT_FDCWD, path.c_str(), 0, STATX_MNT_ID, &more) == 0 &&
                      (more.stx_mask & STATX_MNT_ID) != 0;
  return Mount{stat.device, has_id ? more.stx_mnt_id : 0};
}

// Of what is there already, the folder itself or the one it would be made in.
Result<Mount> mount_for(FileSystem& fs, std::string path) {
  while (true) {
    auto mount = mount_of(fs, path);
    const std::string parent(parent_path(path));
    if (mount || mount.error().code() != Code::kNotFound || parent.empty() || parent == path)
      return mount;
    path = parent;
  }
}

Result<std::string> top_folder(FileSystem& fs, const std::string& folder, const Mount& mount) {
  std::string top = folder;
  while (top != "/") {
    const std::string above(parent_path(top));
    IMAGEMILL_ASSIGN_OR_RETURN(const Mount other, mount_of(fs, above));
    if (other != mount) break;
    top = above;
  }
  return top;
}

// At the top of a file system anybody may have made a folder of that name before.
Result<> check_own_folder(const std::string& path) {
  struct stat there{};
  if (::lstat(path.c_str(), &there) == 0 && S_ISDIR(there.st_mode) && there.st_uid == getuid())
    return {};
  return fail(Code::kIoError, "{}: is no folder of this user's; nothing is put into it", path);
}

Result<> make_private_folder(FileSystem& fs, const std::string& path) {
  if (fs.stat(path)) return {};
  IMAGEMILL_TRY(fs.create_folders(path));
  std::error_code ignored;  // a file system without permissions
  std::filesystem::permissions(path, std::filesystem::perms::owner_all, ignored);
  return {};
}

std::string numbered_name(std::string_view name, int number) {
  if (number == 1) return std::string(name);
  const std::string_view stem = file_stem(name);
  return fmt::format("{}.{}{}", stem, number, name.substr(stem.size()));
}

}  // namespace

Result<std::string> TrashFolder::folder_for(const std::string& path) const {
  const std::string folder(parent_path(path));
  IMAGEMILL_ASSIGN_OR_RETURN(const Mount mount, mount_of(fs_, folder));
  if (!home_.empty()) {
    const auto of_home = mount_for(fs_, home_);
    if (of_home && *of_home == mount) return home_;
  }
  IMAGEMILL_ASSIGN_OR_RETURN(const std::string top, top_folder(fs_, folder, mount));
  return join_path(top, fmt::format(".Trash-{}", getuid()));
}

std::string TrashFolder::info_path(const std::string& file) {
  return fmt::format("{}/info/{}.trashinfo", parent_path(parent_path(file)), file_name(file));
}

Result<std::string> TrashFolder::free_name_for(const std::string& path) const {
  IMAGEMILL_ASSIGN_OR_RETURN(const std::string folder, folder_for(path));
  IMAGEMILL_TRY(make_private_folder(fs_, folder));
  if (folder != home_) IMAGEMILL_TRY(check_own_folder(folder));
  IMAGEMILL_TRY(make_private_folder(fs_, folder + "/info"));
  IMAGEMILL_TRY(make_private_folder(fs_, folder + "/files"));
  for (int number = 1; number <= kNamesTried; ++number) {
    std::string name = fmt::format("{}/files/{}", folder, numbered_name(file_name(path), number));
    IMAGEMILL_ASSIGN_OR_RETURN(const bool is_free, this->is_free(name));
    if (is_free) return name;
  }
  return fail(Code::kIoError, "{}: the trash {} has {} files of that name", path, folder,
              kNamesTried);
}

// Neither has a file the name nor a description.
Result<bool> TrashFolder::is_free(const std::string& name) const {
  for (const std::string& path : {name, info_path(name)}) {
    const auto there = fs_.stat_link(path);
    if (there) return false;
    if (there.error().code() != Code::kNotFound) return std::unexpected(there.error());
  }
  return true;
}

Result<> TrashFolder::describe(const std::string& path, const std::string& name) const {
  // In the trash of a file system paths are those below its top, so that it can be mounted
  // anywhere.
  const std::string_view folder = parent_path(parent_path(name));
  std::string_view shown = path;
  const std::string_view top = parent_path(folder);
  if (folder != home_) shown.remove_prefix(top == "/" ? 1 : top.size() + 1);
  const std::string info = fmt::format("[Trash Info]\nPath={}\nDeletionDate={:%Y-%m-%dT%H:%M:%S}\n",
                                       percent_encoded(shown), fmt::localtime(std::time(nullptr)));
  const std::string info_file = info_path(name);
  IMAGEMILL_ASSIGN_OR_RETURN(const auto file, fs_.create_new(info_file));
  if (!file) return fail(Code::kIoError, "{}: exists meanwhile", info_file);
  auto written = file->write(as_byte_span(info));
  if (written) written = file->sync();
  if (const auto closed = file->close(); written) written = closed;
  if (!written) (void)fs_.remove(info_file);
  return written;
}

void TrashFolder::forget(const std::string& name) const { (void)fs_.remove(info_path(name)); }

}  // namespace imagemill
