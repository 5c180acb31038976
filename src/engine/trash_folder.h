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

  // A name in the trash that is free, for the file to be given. Its folders are made.
  Result<std::string> free_name_for(const std::string& path) const;
  // Says there where the file at `path` was, before it gets that name. kIoError when another
  // program took it meanwhile. To be taken back by forget() when the file does not come.
  Result<> describe(const std::string& path, const std::string& name) const;
  void forget(const std::string& name) const;

  // The description of a file in the trash.
  static std::string info_path(const std::string& file);

 private:
  Result<bool> is_free(const std::string& name) const;

  FileSystem& fs_;
  const std::string home_;
};

}  // namespace imagemill
