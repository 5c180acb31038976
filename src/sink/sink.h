// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Where output files go. Two steps, so that a group of items becomes visible together and a crash
// loses nothing:
//
//   stage    any thread, any order: the bytes are stored where no user sees them
//   publish  one thread, groups in commit order: the staged files of a group become durable and
//   visible
//
// Between the two the run store notes what is about to be published, so that a resumed run knows
// its own files:
//
//   stage(...)  announce(paths)  publish(files)  commit(items, state())  ...  finish()
//
// Whatever the process was doing when it died, and whatever a power cut took: a committed item has
// its files; a file without a committed item is one that was announced, and is made again. No file
// is ever seen half-written under its final name.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/file_system.h"
#include "imagemill/status.h"

namespace imagemill {

struct StagedFile {
  std::string path;  // relative to the output, '/'-separated: the name it will be published under
  std::string temporary;  // where the bytes are until then
  uint64_t bytes = 0;
};

class Sink {
 public:
  virtual ~Sink() = default;

  // True when publish() must see the items in key order (archives).
  virtual bool is_ordered() const = 0;

  // Stores bytes under a temporary name. Any thread. kResourceExhausted when the disk is full;
  // kInvalidArgument when `path` would leave the output folder or enter ".imagemill".
  virtual Result<StagedFile> stage(const std::string& path, ByteSpan bytes) = 0;

  // The same with the bytes of a file that is there already: shared with it, not copied.
  // kUnsupported where that cannot be (archives, other file systems): read it and stage() it.
  virtual Result<StagedFile> stage_link(const std::string& path, const std::string& file) {
    return fail(Code::kUnsupported, "{}: {} cannot be linked to it", path, file);
  }

  // Gives up a staged file (its item failed after all).
  virtual void discard(const StagedFile& file) = 0;

  // Makes the files durable, then visible (in an archive: part of it), all at once or (after an
  // error) some. Publishing over an existing path replaces it: who may be replaced was decided
  // before. A WebDataset cannot replace: kInvalidArgument. The previous group has been committed.
  // After an error an archive takes nothing more: the run has to be resumed.
  virtual Result<> publish(std::span<const StagedFile> files) = 0;

  // What resume needs beside the rows, stored in the same transaction as the rows of the group just
  // published: for an archive, the length up to its last whole entry. Empty for a folder.
  virtual std::string state() const { return {}; }

  // Whether `path` is in the output now (archives: published by this run, in whatever try). Any
  // thread.
  virtual bool exists(const std::string& path) = 0;

  // After the last group was committed: closes shards, writes central directories and index files,
  // renames the archive. An archive that is complete already is left untouched.
  virtual Result<> finish() = 0;
};

struct SinkOptions {
  std::string staging_folder;     // of this sink alone, on the output's file system; is created
  std::string resume_state;       // state() of the last committed group; empty: a fresh output
  size_t shard_entries = 10'000;  // WebDataset: entries per tar
  uint64_t shard_bytes = 0;       // WebDataset: start a new tar above this; 0: entries alone decide
  bool may_replace = false;       // fresh archives: remove one that is already at the location
};

enum class SinkKind : uint8_t { kFolder, kZip, kWebDataset };

// Removes what is left in the staging folder by a killed run, cuts archives back to the last
// committed entry. `location` is a folder, or the path of the ZIP. kInvalidArgument when a fresh
// archive would replace one without may_replace; kCorruptInput when the output is not what
// resume_state says.
Result<std::unique_ptr<Sink>> open_sink(SinkKind kind, const std::string& location,
                                        const SinkOptions& options, FileSystem& fs);

}  // namespace imagemill
