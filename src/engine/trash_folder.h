// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/file_system.h"

namespace imagemill {

// Puts files into the trash that desktops show, by the Trash specification of freedesktop.org
// (1.0): the user's own for files on its file system, else .Trash-$uid at the top of theirs. A file
// only ever changes its name; where and when it was is written first.
class TrashFolder {
 public:
  // `home` is the user's trash; "": files on its file system go to the top of it like others.
  TrashFolder(FileSystem& fs, std::string home) : fs_(fs), home_(std::move(home)) {}

  // Which trash that would be. `path` is absolute, without links.
  Result<std::string> folder_for(const std::string& path) const;

  // Returns where the file is now.
  Result<std::string> put(const std::string& path) const;

 private:
  Result<std::string> top_folder(const std::string& path, uint64_t device) const;

  FileSystem& fs_;
  const std::string home_;
};

}  // namespace imagemill
