// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The outputs of `--shard 1/3`, `2/3`, `3/3` made into the output that the same command would have
// made without --shard.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "imagemill/cancel.h"
#include "imagemill/events.h"
#include "imagemill/status.h"

namespace imagemill {

struct MergeSpec {
  std::string output;               // a folder: new, or what an earlier merge or run left there
  std::vector<std::string> shards;  // output folders of runs whose options differ in `shard` alone
  bool copy = false;  // files are copied, each compared with its hash; else they are shared with
                      // the shards by hard links where the file system can do that
  std::string codec_host;            // path of imagemill-codec, if the jobs need it
  std::vector<std::string> command;  // as typed, for run.json
};

struct MergeFinished {
  int64_t added = 0;   // items that the output did not have before
  int64_t linked = 0;  // files
  int64_t copied = 0;
  // Of the output now.
  int64_t done = 0;
  int64_t failed = 0;
  int64_t skipped = 0;
  // Inputs that no shard has come to, as far as the numbers of the others tell.
  int64_t missing = 0;
  // Of `--shard i/n`: n, and how many i neither were among the shards nor have an item in the
  // output.
  uint64_t shard_count = 1;
  uint64_t shards_missing = 0;
  std::vector<uint64_t> missing_shards;  // the first of those i
  std::vector<std::string> unfinished;   // shards whose run has not come to its end

  // Whether it is what the command without --shard would have left, as far as can be told.
  bool is_whole() const { return missing == 0 && shards_missing == 0 && unfinished.empty(); }
};

// Nothing is taken away from the shards. Stopped at any point, the same call goes on. Errors:
// kInvalidArgument when the shards do not belong together, naming the option, the item or the file
// that shows it, and while one of their runs goes on; nothing has been written then. kCancelled.
// The listener is told warnings only.
Result<MergeFinished> merge(const MergeSpec& spec, Listener& listener, const CancelToken& cancel);

}  // namespace imagemill
