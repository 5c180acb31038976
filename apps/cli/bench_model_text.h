// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "imagemill/bench_model.h"

namespace imagemill::cli {

// What `imagemill bench-model` shows: a row for each size of batch, the best one marked.
std::string bench_model_text(const BenchModelReport& report);

}  // namespace imagemill::cli
