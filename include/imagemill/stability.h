// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// How much the features of an output change when its pictures are changed a little: whether they
// find a picture again that was mirrored, blurred or saved once more.
#pragma once

#include <string>
#include <vector>

#include "imagemill/cancel.h"
#include "imagemill/embed_setup.h"
#include "imagemill/events.h"
#include "imagemill/status.h"

namespace imagemill {

struct StabilitySpec {
  std::string output;  // of a run with the job embed
  size_t sample = 32;  // pictures, evenly spaced among the sorted keys
  // Where the output's inputs are by now, each in its run's order; empty: where its run had them.
  std::vector<std::string> inputs;
  EmbedSetup setup;
};

// One way to change a picture, over the sample.
struct VariantStability {
  std::string name;         // "mirrored"
  std::string description;  // one sentence
  size_t pictures = 0;
  // Cosine of the variant's features and those that the output has of the picture.
  double mean = 0;
  double p5 = 0;  // one in twenty is lower
  double worst = 0;
  std::string worst_key;
  // Share of the variants whose nearest in the whole output is the picture itself, or one that is
  // as near.
  double found = 0;
};

struct SkippedPicture {
  std::string key;
  std::string why;
};

struct StabilityReport {
  std::string output;
  std::string model;
  size_t pictures = 0;                     // with features, in the output
  size_t sample = 0;                       // of them, tried
  std::vector<SkippedPicture> skipped;     // of those, what could not be read any more
  std::vector<VariantStability> variants;  // the unchanged pictures first
};

// Below this mean cosine of the unchanged pictures the output was not made of them in this way.
inline constexpr double kUnchangedCosine = 0.999;

// Errors: kInvalidArgument when `output` holds no vectors or the model is another one by now;
// kNotFound when none of the sampled pictures is there any more.
Result<StabilityReport> measure_stability(const StabilitySpec& spec, Listener& listener,
                                          const CancelToken& cancel);

// One object; the fields of the struct.
std::string to_json(const StabilityReport& report);

}  // namespace imagemill
