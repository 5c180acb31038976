// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/file_system.h"
#include "models/sha256.h"

namespace imagemill {

// What a part is the beginning of.
struct PartOrigin {
  std::string url;
  std::string etag = {};     // "": the server gave none that could be asked for
  uint64_t bytes_total = 0;  // 0: not known
};

// PATH.part, the beginning of a file that is being downloaded, and PATH.part.origin, which tells
// the next try what it is the beginning of. A part without a readable origin is worth nothing.
class PartFile {
 public:
  // Finds what an earlier try has left.
  static Result<PartFile> open(FileSystem& fs, std::string path);

  uint64_t bytes() const { return bytes_; }
  const PartOrigin& origin() const { return origin_; }

  // Before write(): goes on after the bytes that are there, or, at 0, begins anew.
  Result<> begin(uint64_t offset, const PartOrigin& origin);
  Result<> write(ByteSpan bytes);

  // Makes it durable and tells the hash of all its bytes.
  Result<std::string> finish();

  Result<> keep();     // under its path, after finish()
  Result<> discard();  // nothing of it stays

 private:
  PartFile(FileSystem& fs, std::string path) : fs_(&fs), path_(std::move(path)) {}
  std::string part_path() const { return path_ + ".part"; }
  std::string origin_path() const { return path_ + ".part.origin"; }

  FileSystem* fs_;
  std::string path_;
  uint64_t bytes_ = 0;
  PartOrigin origin_;
  std::unique_ptr<WritableFile> out_;  // null: not begun
  Sha256 hash_;                        // of what is there, while out_ is open
};

}  // namespace imagemill
