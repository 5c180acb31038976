// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/file_system.h"

namespace imagemill {

// Undoes what the last step of a journal had begun when its run was killed: a file under a private
// name gets its own back, what else has such a name is removed. Nothing is removed that is not the
// program's own. Returns what could not be undone and where it lies, for the user; "" mostly.
Result<std::string> undo_interrupted_step(FileSystem& fs, const std::string& journal);

}  // namespace imagemill
