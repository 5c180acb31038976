// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// How a file leaves its name without its bytes being lost, whatever other programs do meanwhile and
// wherever a kill comes: first it gets another name, in one step; then it is looked at whether that
// was the file that had been verified and whether the one to keep is still there; only then a name
// is removed, else everything goes back.
#pragma once

#include <functional>
#include <string>

#include "base/file_system.h"

namespace imagemill {

// A file that was looked at.
struct KnownFile {
  std::string path;  // absolute, no folder of it is a link
  FileStat stat;
};

bool is_same_file(const FileStat& a, const FileStat& b);
// By what a rename leaves as it is: not ctime.
bool is_unchanged(const FileStat& a, const FileStat& b);

// One file that is to leave its name.
struct Departure {
  const KnownFile& file;
  const KnownFile& kept;  // what makes the file superfluous; links at its path are followed
  std::string aside;      // free_name_beside() the file
};

// A free name in the folder of `path` that only this program uses: kPrivatePrefix and 16 random
// digits.
constexpr std::string_view kPrivatePrefix = ".imagemill-aside-";
Result<std::string> free_name_beside(FileSystem& fs, const std::string& path);

// The second private name of a step that needs two.
inline std::string second_name(const std::string& aside) { return aside + "-old"; }

// Errors of all three: the file has its name and its bytes, or the message says where it is.

// Renames it to `to`, which is free. False: that is on another file system.
Result<bool> rename_away(FileSystem& fs, const Departure& departure, const std::string& to);

// The same by a copy, for another file system: `bytes`, which are what was verified, are durable
// under the name `to`, as are all folders from there up to `top`, before the file is removed. The
// copy has the file's mode, times, attributes and, where permitted, owner.
Result<> copy_away(FileSystem& fs, const Departure& departure, ByteSpan bytes,
                   const std::string& to, const std::string& top);

// A link, which `make_link` makes under the name it is given, takes the file's place, once `bytes`,
// which are what was verified, have been read through it. Where the file system cannot exchange two
// names, the file's is free for a moment.
Result<> replace_by_link(FileSystem& fs, const Departure& departure, ByteSpan bytes,
                         const std::function<Result<>(const std::string& path)>& make_link);

}  // namespace imagemill
