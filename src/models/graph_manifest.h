// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Where a manifest and a graph meet: what the graph tells without a manifest, and whether a
// manifest fits the graph that it is about.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/model_manifest.h"
#include "models/onnx_graph.h"

namespace imagemill {

struct DerivedManifest {
  ModelManifest manifest;
  std::vector<std::string> assumptions;  // what the graph does not tell, a sentence each
};

// For a model that comes without a manifest. `file`: its name; `family`: the user's word, else
// guessed; `labels`: how many the user has, 0 for none. kUnsupported, with what the graph has,
// for models that do not take one picture of three channels or whose outputs say nothing.
Result<DerivedManifest> derive_manifest(const OnnxGraph& graph, std::string_view file,
                                        std::optional<ModelFamily> family, size_t labels);

// Names of the input and the outputs that the manifest leaves open are filled in. kInvalidArgument
// where the two contradict each other, naming both sides.
Result<> fit_to_graph(const OnnxGraph& graph, ModelManifest& manifest);

}  // namespace imagemill
