// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/output_place.h"
#include "store/run_store.h"
#include "vectors/vector_view.h"

namespace imagemill {

// What a run of the job embed left, opened for reading.
struct EmbeddedOutput {
  OutputPlace place;
  std::unique_ptr<RunStore> store;
  RunOptions options;               // of the run
  std::vector<std::string> inputs;  // as the run was given them; empty: not known any more
  std::vector<std::string> gone;    // keys of pictures that were no input any more; sorted

  // kInvalidArgument when `output` is none of a run, or of one without that job.
  static Result<EmbeddedOutput> open(const std::string& output, FileSystem& fs);

  std::string option(const std::string& name) const;  // "": the run had none
  VectorType vector_type() const;
};

// The features of one item; nullopt when it has none (it failed, or its model makes labels only).
// kNotFound when there is no such item, or its picture is gone from the inputs.
Result<std::optional<std::vector<float>>> features_of(const EmbeddedOutput& output,
                                                      const std::string& key);

// The features in the store of what is still an input, in key order.
Result<> for_each_features(
    const EmbeddedOutput& output,
    const std::function<Result<>(const std::string& key, std::span<const float> features)>& visit);

}  // namespace imagemill
