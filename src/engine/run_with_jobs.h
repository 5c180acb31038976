// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "imagemill/engine.h"
#include "jobs/registry.h"

namespace imagemill {

// Engine::run() over a list of jobs that need not be the build's. `warnings`: of what came before
// the run; they become its own.
Result<RunFinished> run_with_jobs(std::span<const JobEntry> jobs, const RunSpec& spec,
                                  Listener& listener, const CancelToken& cancel,
                                  std::span<const RunWarning> warnings = {});

}  // namespace imagemill
