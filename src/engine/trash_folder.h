// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/file_system.h"

namespace imagemill {

// Puts files into the trash that desktops show, by the Trash specification of freedesktop.org
// (1.0): the user's own for files on its file system, else .Trash-$uid at the top of theirs. A file
// only ever changes its name, which is the caller's part; where and when it was is written first.
class TrashFolder {
 public:
  // `home` is the user's trash; "": files on its file system go to the top of it like others.
  TrashFolder(FileSystem& fs, std::string home) : fs_(fs), home_(std::move(home)) {}

  // Which trash that would be. `path` is absolute, without links.
  Result<std::string> folder_for(const std::string& path) const;

  // Describes the file in the trash; returns the name that it is to be given there. To be taken
  // back by release() when it is not.
  Result<std::string> reserve(const std::string& path) const;
  void release(const std::string& reserved) const;

  // The description of a file in the trash.
  static std::string info_path(const std::string& file);

 private:
  FileSystem& fs_;
  const std::string home_;
};

}  // namespace imagemill
