// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a network's numbers: vectors and scored labels.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "imagemill/status.h"
#include "infer/tensor.h"
#include "models/model_manifest.h"

namespace imagemill {

// Its elements as float32, whatever the network counts in. kUnsupported where that is neither
// float32 nor float16.
Result<std::vector<float>> numbers_of(const Tensor& tensor);

// A row is float32 or float16.

// One vector of a row: values, or tokens x values pooled; maps of 1x1 count as values. Of length 1
// where the manifest says so. Errors: kUnsupported for another shape, kCorruptInput where a value
// is not finite or there is no direction to normalise.
Result<std::vector<float>> read_features(const Tensor& row, const ModelOutputs& outputs);

// A score for each label: as they are, or softmax of them. kCorruptInput where one is not finite.
Result<std::vector<float>> read_scores(const Tensor& row, const ModelOutputs& outputs);

// Positions of the `k` largest scores, the largest first; of equal ones the first.
std::vector<size_t> top_scores(std::span<const float> scores, size_t k);

}  // namespace imagemill
