// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// `imagemill bench-model MODEL`: how fast a network is here.
#pragma once

#include <string>

#include "imagemill/bench_model.h"

namespace imagemill::cli {

// Puts what the user's settings file at `path`, if there is one, says about networks beneath what
// `spec` says; the sizes to measure are not among that. Errors name the file.
Result<> use_settings(const std::string& path, BenchModelSpec& spec);

// Prints; returns the exit code.
Result<int> run_bench_model(const BenchModelSpec& spec, bool json, const CancelToken& cancel);

}  // namespace imagemill::cli
