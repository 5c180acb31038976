// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imagemill/events.h"

namespace imagemill::cli {

enum ExitCode : int {
  kExitDone = 0,
  kExitRunFailed = 1,
  kExitUsage = 2,
  kExitSomeFailed = 3,  // the run finished; some items did not, or copies were left alone
  kExitCancelled = 130,
};

ExitCode exit_code(const RunFinished& finished);

}  // namespace imagemill::cli
