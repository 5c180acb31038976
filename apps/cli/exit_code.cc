// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "exit_code.h"

namespace imagemill::cli {

ExitCode exit_code(const RunFinished& finished) {
  switch (finished.outcome) {
    case RunFinished::Outcome::kComplete:
      return finished.failed + finished.copies_left > 0 ? kExitSomeFailed : kExitDone;
    case RunFinished::Outcome::kCancelled:
      return kExitCancelled;
    case RunFinished::Outcome::kFailed:
      return kExitRunFailed;
  }
  return kExitRunFailed;
}

}  // namespace imagemill::cli
