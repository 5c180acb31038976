// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Graphs as ONNX Runtime's optimiser leaves them, kept so that the next session opens faster.
#pragma once

#include <string>
#include <string_view>

namespace imagemill {

// The file for a graph that this processor, this runtime and these providers are fit for; "" where
// `folder` or `model_hash` is. Names hold whatever a graph depends on, so that none is ever stale.
std::string optimized_graph_path(const std::string& folder, const std::string& model_hash,
                                 std::string_view runtime_version, std::string_view provider);

}  // namespace imagemill
