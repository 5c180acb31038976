// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imagemill/cancel.h"

namespace imagemill::cli {

// From the first call on, the first Ctrl-C (or SIGTERM, SIGHUP) requests the token, the second
// leaves at once: what a run has done by then is kept in both cases. Signals that were ignored when
// the program was started stay so.
const CancelToken& catch_interrupts();

}  // namespace imagemill::cli
