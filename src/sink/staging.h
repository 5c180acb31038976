// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/file_system.h"
#include "sink/sink.h"

namespace imagemill {

// Whether a name may be given to an output: relative, '/'-separated, without empty, "." or ".."
// segments and NUL bytes, no name longer than file systems allow, not below ".imagemill". The
// engine names outputs after inputs, and inputs may be hostile archives.
Result<> check_output_path(const std::string& path);

// The folder where every sink keeps bytes until they are published: files 1.partial, 2.partial ...
// Methods may be called from any thread.
class StagingFolder {
 public:
  // Makes the folder, and removes what a killed run left in it.
  static Result<std::unique_ptr<StagingFolder>> open(const std::string& folder, FileSystem& fs);

  StagingFolder(std::string folder, FileSystem& fs) : folder_(std::move(folder)), fs_(fs) {}
  StagingFolder(const StagingFolder&) = delete;
  StagingFolder& operator=(const StagingFolder&) = delete;
  // Removes what was never published: items dropped by a cancelled run, or by one that failed.
  ~StagingFolder();

  const std::string& path() const { return folder_; }

  // Not synced: publishing decides how.
  Result<StagedFile> write(const std::string& path, ByteSpan bytes);
  // A link to `file`, which is a regular one. kUnsupported where there can be none.
  Result<StagedFile> link(const std::string& path, const std::string& file);
  Result<Bytes> read(const StagedFile& file);
  void remove(const StagedFile& file);

 private:
  std::string next_name();
  Result<> write_to(const std::string& temporary, ByteSpan bytes);

  const std::string folder_;
  FileSystem& fs_;
  std::atomic<uint64_t> next_{1};
};

}  // namespace imagemill
