// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "codec/codec_set.h"
#include "sink/sink.h"
#include "source/source.h"
#include "store/run_store.h"

namespace imagemill {

class StageHold;

// What a stage keeps of an item that it has not done with.
struct UnfinishedWork {
  virtual ~UnfinishedWork() = default;
};

// One picture on its way through the pipeline. Whoever holds it is the only one: no locks.
struct Item {
  size_t source = 0;  // index of the run's source
  SourceEntry entry;
  std::vector<SourceEntry> captions;  // text files beside it, where the run carries them along
  std::string path;                   // of the input below the output: names what comes of it
  uint64_t rank = 0;  // in the sorted listing of the whole run: numbers in file names come from it
  uint64_t position = 0;  // among the items this try works on: the order of ordered sinks

  Bytes bytes;  // the file; kept until the last job that may read it is done
  ImageHeader header;
  // What the jobs would have it decoded at if none of them had rows of an earlier run.
  std::optional<Size> decode_at_least;
  // By the run's jobs: rows that an earlier run found out and kept. Empty: none of any.
  std::vector<std::optional<std::vector<Row>>> known_rows;

  std::optional<Decoded> decoded;  // nullopt when no job asked for pixels
  bool is_thumbnail = false;       // what was decoded is the thumbnail in the file
  uint64_t reserved_bytes = 0;     // the most that decoding and the jobs may hold, as promised
  uint64_t held_bytes = 0;         // charged to the budget between stages
  StageHold* hold = nullptr;       // within a stage; null: nothing is charged, and it cannot wait
  std::unique_ptr<UnfinishedWork> unfinished;  // of its stage

  ItemRecord record;
  std::vector<StagedFile> staged;

  bool knows_rows_of(size_t job) const {
    return job < known_rows.size() && known_rows[job].has_value();
  }
  bool is_failed() const { return record.state == ItemState::kFailed; }
};

}  // namespace imagemill
