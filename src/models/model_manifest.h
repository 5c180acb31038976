// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What is known of a model without running it: which files it is made of, under which licence, and
// what its network wants of a picture. A new checkpoint of a known family is a new manifest and no
// code. On disk it is YAML; docs/adding-a-model.md shows one.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "imagemill/status.h"

namespace imagemill {

// What the outputs mean, and so which code reads them.
enum class ModelFamily : uint8_t {
  kClassify,  // scores of labels
  kEmbed,     // a vector that is near those of similar pictures
};

enum class InputLayout : uint8_t { kNchw, kNhwc };
enum class InputColor : uint8_t { kRgb, kBgr };

// How a picture meets the input's width x height.
enum class InputFit : uint8_t {
  kCrop,    // shorter side to `resize`, then the centre
  kSquash,  // both sides, whatever that does to the shape
  kPad,     // longer side to fit, centred on `pad_value`
};

// Of the resize; each is antialiased: its support grows with the scale.
enum class InputKernel : uint8_t { kLinear, kCubic, kLanczos3 };

// How an output of [batch, tokens, values] becomes one vector a picture.
enum class TokenPooling : uint8_t {
  kNone,   // the output is [batch, values] already
  kFirst,  // the class token
  kMean,   // of all tokens
};

// Names as manifests have them: "classify", "nchw", "rgb", "crop", "linear".
std::string_view name_of(ModelFamily family);
std::string_view name_of(InputLayout layout);
std::string_view name_of(InputColor color);
std::string_view name_of(InputFit fit);
std::string_view name_of(InputKernel kernel);
std::string_view name_of(TokenPooling pooling);

// kInvalidArgument names the nearest family.
Result<ModelFamily> parse_model_family(std::string_view name);

struct ModelLicense {
  std::string name;  // an SPDX identifier where there is one; "": not known
  // Anyone may use the model for anything. A licence that is not permissive, or not known, is shown
  // to the user before the model's first use.
  bool is_permissive = false;
  std::string url = {};
  std::string note = {};  // what to mind, in a sentence

  bool operator==(const ModelLicense&) const = default;
};

// A file of a model's folder.
struct ModelFile {
  std::string name;                       // without a folder
  std::string sha256 = {};                // 64 lower-case hex digits; "": not known
  uint64_t bytes = 0;                     // 0: not known
  std::vector<std::string> sources = {};  // http(s) addresses it can be had from

  bool operator==(const ModelFile&) const = default;
};

// The tensor of a picture: ((value * scale) - mean) / stddev for each channel, value being 0..255
// in sRGB. mean and stddev are in the order of `color`.
struct ModelInput {
  std::string name = {};  // of the graph's input; "": it has only one
  InputLayout layout = InputLayout::kNchw;
  int width = 224;
  int height = 224;
  InputColor color = InputColor::kRgb;
  double scale = 1.0 / 255;
  std::array<double, 3> mean = {0.485, 0.456, 0.406};
  std::array<double, 3> stddev = {0.229, 0.224, 0.225};
  InputFit fit = InputFit::kCrop;
  int resize = 256;      // kCrop: of the shorter side, at least width and height
  double pad_value = 0;  // kPad: 0..255, before scale, mean and std
  InputKernel kernel = InputKernel::kLinear;
  double oversampling = 2;  // a decode at reduced size keeps at least this many pixels for one

  bool operator==(const ModelInput&) const = default;
};

// Outputs of the graph by name; "": the model has none of the kind, or, where both are "", its only
// output is of the kind that the family needs.
struct ModelOutputs {
  std::string features = {};  // a vector
  std::string logits = {};    // a score for each label
  TokenPooling pooling = TokenPooling::kNone;
  bool normalize = false;  // scale the vector to length 1
  bool softmax = false;    // make probabilities of the scores; false: they are that already

  bool operator==(const ModelOutputs&) const = default;
};

// Those that it has, the features first.
std::vector<std::string> names_of(const ModelOutputs& outputs);

struct ModelManifest {
  std::string name;
  ModelFamily family = ModelFamily::kEmbed;
  std::string description = {};
  ModelFile file = {};                     // the graph, .onnx
  std::vector<ModelFile> companions = {};  // labels, weights that lie outside of the graph
  ModelLicense license = {};
  ModelInput input = {};
  ModelOutputs outputs = {};
  std::string labels = {};                        // a companion with a label on each line
  std::map<std::string, double> thresholds = {};  // by what the family calls them

  bool operator==(const ModelManifest&) const = default;
};

// Every file, the graph first.
std::vector<ModelFile> files_of(const ModelManifest& manifest);

// Letters of a model's name: a-z 0-9 . _ -, at most 100, not starting with a dot or a dash.
bool is_model_name(std::string_view name);
// The nearest name that is one, of any text; "model" of nothing.
std::string model_name_of(std::string_view text);

// kInvalidArgument: what a manifest must not say, with what was expected in its place.
Result<> validate(const ModelManifest& manifest);

// Reads and validates. kInvalidArgument names the line and, for a key that does not exist, the
// nearest one that does; the caller adds where the text is from.
Result<ModelManifest> parse_manifest(const std::string& yaml);

// A text that parse_manifest makes the same manifest of, laid out for people.
std::string to_yaml(const ModelManifest& manifest);

// One label a line, ends trimmed, blank lines at the end left out. A WordNet number in front
// ("n01440764 tench") goes. kInvalidArgument for what is no such text.
Result<std::vector<std::string>> parse_labels(std::string_view text);

}  // namespace imagemill
