// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "imagemill/dedupe.h"
#include "jobs/registry.h"

namespace imagemill {

// Given the groups that the job wrote down.
using DuplicatesTaker = std::function<void(DuplicateFindings findings)>;

// The job `dedupe` for a caller that goes on with what it finds: `take` is called once, at the end
// of finish().
Result<std::unique_ptr<Job>> make_dedupe_for(DuplicatesTaker take, const OptionValues& options);

}  // namespace imagemill
