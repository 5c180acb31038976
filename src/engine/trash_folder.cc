// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/trash_folder.h"

#include <fmt/chrono.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace imagemill {
namespace {

constexpr int kNamesTried = 10'000;

// Of what is there already, the folder itself or the one it would be made in.
Result<uint64_t> device_of(FileSystem& fs, std::string path) {
  while (true) {
    const auto stat = fs.stat(path);
    if (stat) return stat->device;
    const std::string parent(parent_path(path));
    if (stat.error().code() != Code::kNotFound || parent.empty() || parent == path)
      return std::unexpected(stat.error());
    path = parent;
  }
}

// As a URL has it: every byte but letters, digits, "-._~" and '/' as %XX.
std::string percent_encoded(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') ||
                          std::string_view("-._~/").find(c) != std::string_view::npos;
    if (is_plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
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

Result<std::string> TrashFolder::top_folder(const std::string& path, uint64_t device) const {
  std::string top(parent_path(path));
  while (top != "/") {
    const std::string above(parent_path(top));
    IMAGEMILL_ASSIGN_OR_RETURN(const FileStat stat, fs_.stat(above.empty() ? "/" : above));
    if (stat.device != device) break;
    top = above.empty() ? "/" : above;
  }
  return top;
}

Result<std::string> TrashFolder::folder_for(const std::string& path) const {
  IMAGEMILL_ASSIGN_OR_RETURN(const FileStat file, fs_.stat_link(path));
  if (!home_.empty()) {
    const auto device = device_of(fs_, home_);
    if (device && *device == file.device) return home_;
  }
  IMAGEMILL_ASSIGN_OR_RETURN(const std::string top, top_folder(path, file.device));
  return join_path(top, fmt::format(".Trash-{}", getuid()));
}

Result<std::string> TrashFolder::put(const std::string& path) const {
  IMAGEMILL_ASSIGN_OR_RETURN(const std::string folder, folder_for(path));
  IMAGEMILL_TRY(make_private_folder(fs_, folder));
  if (folder != home_) IMAGEMILL_TRY(check_own_folder(folder));
  IMAGEMILL_TRY(make_private_folder(fs_, folder + "/info"));
  IMAGEMILL_TRY(make_private_folder(fs_, folder + "/files"));
  // In the trash of a file system paths are those below its top, so that it can be mounted
  // anywhere.
  std::string_view shown = path;
  const std::string_view top = parent_path(folder);
  if (folder != home_) shown.remove_prefix(top == "/" ? 1 : top.size() + 1);
  const std::string info = fmt::format("[Trash Info]\nPath={}\nDeletionDate={:%Y-%m-%dT%H:%M:%S}\n",
                                       percent_encoded(shown), fmt::localtime(std::time(nullptr)));
  const std::string made = fmt::format("{}/info/.imagemill-{}", folder, getpid());
  IMAGEMILL_TRY(write_file_atomically(fs_, made, as_byte_span(info)));
  for (int number = 1; number <= kNamesTried; ++number) {
    const std::string name = numbered_name(file_name(path), number);
    const std::string info_path = fmt::format("{}/info/{}.trashinfo", folder, name);
    IMAGEMILL_ASSIGN_OR_RETURN(const bool is_mine, fs_.rename_if_free(made, info_path));
    if (!is_mine) continue;
    const std::string target = fmt::format("{}/files/{}", folder, name);
    const auto moved = fs_.rename_if_free(path, target);
    if (moved && *moved) return target;
    // The name is taken by a file without a description, or the file stays.
    IMAGEMILL_TRY(fs_.rename(info_path, made));
    if (!moved) {
      (void)fs_.remove(made);
      return std::unexpected(moved.error());
    }
  }
  (void)fs_.remove(made);
  return fail(Code::kIoError, "{}: the trash {} has {} files of that name", path, folder,
              kNamesTried);
}

}  // namespace imagemill
