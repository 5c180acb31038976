// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/file_system.h"
#include "imagemill/merge.h"

namespace imagemill {

// merge() on a file system of the caller's.
Result<MergeFinished> merge_shards(const MergeSpec& spec, FileSystem& fs, Listener& listener,
                                   const CancelToken& cancel);

}  // namespace imagemill
