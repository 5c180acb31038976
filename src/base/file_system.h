// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The seam to the operating system: everything that changes the disk goes through FileSystem, so
// that tests can make the N-th call fail. Paths are UTF-8 (any bytes on Linux). Errors name the
// path and the system's reason: ENOENT is kNotFound, ENOSPC / EDQUOT / EFBIG / ENOMEM are
// kResourceExhausted, EXDEV (not within one file system or mount) is kUnsupported, the rest
// kIoError.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "imagemill/status.h"

namespace imagemill {

struct FileStat {
  enum class Kind : uint8_t { kFile, kFolder, kSymlink, kOther };
  Kind kind = Kind::kOther;
  uint64_t bytes = 0;
  int64_t mtime_ns = 0;
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t ctime_ns = 0;  // of the last change to bytes, names or attributes; nobody can set it
};

struct FolderEntry {
  std::string name;  // without the folder
  FileStat::Kind kind = FileStat::Kind::kOther;
};

// What a name in a folder leads to, links followed. `stat` is the error of a link that leads
// nowhere or of a file that vanished meanwhile.
struct FolderMember {
  std::string name;
  bool is_link = false;
  Result<FileStat> stat;
};

// An open file: reads what it was when opened, even after a rename over its path. Any thread.
class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  virtual uint64_t bytes() const = 0;  // when it was opened
  // Fills `out` from `offset`. Less than out.size() only at the end of the file.
  virtual Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) = 0;
};

class WritableFile {
 public:
  virtual ~WritableFile() = default;
  virtual Result<> write(ByteSpan bytes) = 0;
  // Over bytes written before; the place of the next write() stays. kUnsupported by default.
  virtual Result<> write_at(uint64_t offset, ByteSpan bytes);
  virtual Result<> sync() = 0;
  // Must be called; the destructor closes without reporting.
  virtual Result<> close() = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual Result<FileStat> stat(const std::string& path) = 0;       // follows links
  virtual Result<FileStat> stat_link(const std::string& path) = 0;  // does not
  virtual Result<std::vector<FolderEntry>> list(const std::string& folder) = 0;
  // The same with stat() of every name. The default calls those two; the real one does it in one
  // walk without resolving the folder's path for each name.
  virtual Result<std::vector<FolderMember>> list_with_stat(const std::string& folder);

  // kResourceExhausted when the file is larger than max_bytes; the size is what was read, not what
  // stat promised.
  virtual Result<Bytes> read(const std::string& path, uint64_t max_bytes) = 0;
  // `bytes` bytes from `offset`; kCorruptInput when the file ends before.
  virtual Result<Bytes> read_range(const std::string& path, uint64_t offset, uint64_t bytes) = 0;

  // Regular files only. The default reads by path, through stat() and read_range().
  virtual Result<std::unique_ptr<ReadableFile>> open(const std::string& path);

  virtual Result<std::unique_ptr<WritableFile>> create(const std::string& path) = 0;  // truncates
  // Opens for appending after cutting the file to `bytes`.
  virtual Result<std::unique_ptr<WritableFile>> append_at(const std::string& path,
                                                          uint64_t bytes) = 0;
  // Every write goes to what is the end by then, whoever else writes; made where there is none.
  virtual Result<std::unique_ptr<WritableFile>> append(const std::string& path) = 0;
  // A file that is new and for its owner alone; null when something of that name is there already.
  virtual Result<std::unique_ptr<WritableFile>> create_new(const std::string& path) = 0;
  virtual Result<> rename(const std::string& from, const std::string& to) = 0;
  // The same where `to` is free; false when something is there already. The default looks first and
  // renames then.
  virtual Result<bool> rename_if_free(const std::string& from, const std::string& to);
  // Each gets the other's name, in one step. kUnsupported where the file system does not offer that
  // (the default).
  virtual Result<> exchange(const std::string& a, const std::string& b);
  // Gives the file `to` what `from` has besides its bytes; see file_attributes.h.
  virtual Result<> copy_attributes(const std::string& from, const std::string& to) = 0;
  // A symbolic link at `path`, which is free, with that text in it. kUnsupported where there are
  // none (the default).
  virtual Result<> symbolic_link(const std::string& text, const std::string& path);
  // A second name for the same bytes; `to` is free. kUnsupported where the two file systems do not
  // offer that (the default): the bytes have to be copied.
  virtual Result<> hard_link(const std::string& from, const std::string& to);
  virtual Result<> remove(
      const std::string& path) = 0;  // file or empty folder; missing is an error
  virtual Result<> create_folders(const std::string& path) = 0;
  // Makes one file durable with its attributes, or the names in one folder.
  virtual Result<> sync(const std::string& path) = 0;
  // Makes everything written below `path`'s file system durable, names included.
  virtual Result<> sync_all(const std::string& path) = 0;
};

// The real one. Stateless; safe from any thread.
FileSystem& real_file_system();

// Writes to `path` + a temporary suffix, syncs and renames: readers see the old file or the whole
// new one.
Result<> write_file_atomically(FileSystem& fs, const std::string& path, ByteSpan bytes);

// Path text. '/' is the only separator; no normalisation beyond what each says.
std::string join_path(std::string_view folder, std::string_view name);
std::string_view file_name(std::string_view path);    // after the last '/'
std::string_view parent_path(std::string_view path);  // "" when there is none
std::string_view file_stem(std::string_view path);    // name without its extension; ".x" has none
std::string lower_extension(std::string_view path);   // "jpg" for "A.JPG"; "" when there is none

}  // namespace imagemill
