// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/graph_manifest.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/file_system.h"

namespace imagemill {
namespace {

constexpr int kSideWhereOpen = 224;  // what most networks are trained at

// Widths of ImageNet's label sets: 1k, 1k with background, 21k and its two common subsets.
constexpr std::array<int64_t, 5> kImageNetWidths = {1000, 1001, 21841, 21843, 11221};

bool is_real(int type) { return type == kOnnxFloat || type == kOnnxFloat16; }

std::string list_of(const std::vector<OnnxValue>& values) {
  std::vector<std::string> out;
  out.reserve(values.size());
  for (const OnnxValue& value : values)
    out.push_back(fmt::format("'{}' {}", value.name, to_string(value)));
  return fmt::format("{}", fmt::join(out, ", "));
}

// [batch, 3, height, width] or [batch, height, width, 3]; a side that varies may be 3.
std::optional<InputLayout> layout_of(const OnnxValue& value) {
  if (value.dims.size() != 4) return std::nullopt;
  if (value.dims[1].size == 3) return InputLayout::kNchw;
  if (value.dims[3].size == 3) return InputLayout::kNhwc;
  if (value.dims[1].size < 0) return InputLayout::kNchw;
  return std::nullopt;
}

bool takes_pictures(const OnnxValue& value) {
  return (is_real(value.type) || value.type == kOnnxUint8) && layout_of(value).has_value();
}

const OnnxDim& width_of(const OnnxValue& input, InputLayout layout) {
  return input.dims[layout == InputLayout::kNchw ? 3 : 2];
}
const OnnxDim& height_of(const OnnxValue& input, InputLayout layout) {
  return input.dims[layout == InputLayout::kNchw ? 2 : 1];
}

// Nothing but the picture can be given to a graph.
Result<const OnnxValue*> picture_input(const OnnxGraph& graph) {
  if (graph.inputs.size() == 1 && takes_pictures(graph.inputs[0])) return &graph.inputs[0];
  return fail(Code::kUnsupported,
              "its inputs are {}; expected a single one for a picture, float32, float16 or uint8 "
              "[batch, 3, height, width] or [batch, height, width, 3]",
              list_of(graph.inputs));
}

const OnnxValue* find_value(const std::vector<OnnxValue>& values, std::string_view name) {
  const auto found = std::ranges::find(values, name, &OnnxValue::name);
  return found == values.end() ? nullptr : &*found;
}

// Values for one picture, where the graph says it: of [batch, n], [batch, tokens, n],
// [batch, n, 1, 1].
int64_t values_of(const OnnxValue& output) {
  const size_t rank = output.dims.size();
  if (rank == 4 && output.dims[2].size == 1 && output.dims[3].size == 1) return output.dims[1].size;
  return rank == 2 || rank == 3 ? output.dims[rank - 1].size : -1;
}

// One vector a picture, as far as the graph tells.
bool is_vector(const OnnxValue& output) {
  if (!output.has_shape || output.dims.size() == 2) return true;
  const auto may_be_one = [](const OnnxDim& dim) { return dim.size == 1 || dim.size < 0; };
  return output.dims.size() == 4 && may_be_one(output.dims[2]) && may_be_one(output.dims[3]);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool has_word(const OnnxValue& output, std::initializer_list<std::string_view> words) {
  const std::string name = lower(output.name);
  return std::ranges::any_of(
      words, [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

bool looks_like_features(const OnnxValue& output) {
  return has_word(output, {"feature", "embed", "pooler_output", "hidden_state"});
}

bool looks_like_scores(const OnnxValue& output, size_t labels) {
  const int64_t values = values_of(output);
  return has_word(output, {"logit", "prob", "score", "softmax"}) ||
         (labels > 0 && values == static_cast<int64_t>(labels)) ||
         std::ranges::find(kImageNetWidths, values) != kImageNetWidths.end();
}

void read_input(const OnnxValue& input, DerivedManifest& out) {
  ModelInput& wanted = out.manifest.input;
  wanted.name = input.name;
  wanted.layout = layout_of(input).value_or(InputLayout::kNchw);
  const int64_t width = width_of(input, wanted.layout).size;
  const int64_t height = height_of(input, wanted.layout).size;
  wanted.width = width > 0 ? static_cast<int>(std::min<int64_t>(width, 1 << 20)) : kSideWhereOpen;
  wanted.height =
      height > 0 ? static_cast<int>(std::min<int64_t>(height, 1 << 20)) : kSideWhereOpen;
  if (width < 0 || height < 0)
    out.assumptions.push_back(
        fmt::format("pictures of {}x{} pixels: the graph takes any", wanted.width, wanted.height));
  wanted.resize =
      static_cast<int>(std::lround(std::max(wanted.width, wanted.height) * 256.0 / 224.0));
  out.assumptions.push_back(
      fmt::format("fit crop: shorter side to {}, then the centre", wanted.resize));
  if (input.type == kOnnxUint8) {
    wanted.scale = 1;
    wanted.mean.fill(0);
    wanted.stddev.fill(1);
    out.assumptions.emplace_back("RGB, values 0 to 255 as they are: the input is uint8");
  } else {
    out.assumptions.push_back(
        fmt::format("RGB, values 0 to 1 with ImageNet's mean [{}] and std [{}]",
                    fmt::join(wanted.mean, ", "), fmt::join(wanted.stddev, ", ")));
  }
}

// The scores and the vector among the outputs, by name and by width.
void read_outputs(const OnnxGraph& graph, size_t labels, ModelOutputs& out) {
  const OnnxValue* features = nullptr;
  const OnnxValue* logits = nullptr;
  for (const OnnxValue& output : graph.outputs) {
    if (!is_real(output.type)) continue;
    // A vector beats the tokens that it was pooled from.
    if (looks_like_features(output)) {
      if (features == nullptr || (features->dims.size() == 3 && output.dims.size() == 2))
        features = &output;
    } else if (logits == nullptr && looks_like_scores(output, labels)) {
      logits = &output;
    }
  }
  if (features != nullptr) {
    out.features = features->name;
    if (features->dims.size() == 3) out.pooling = TokenPooling::kFirst;
  }
  if (logits != nullptr) {
    out.logits = logits->name;
    out.softmax = !has_word(*logits, {"prob", "softmax"});
  }
}

// Outputs that neither name nor width gave away: a single one is what the family needs.
Result<> choose_family(const OnnxGraph& graph, std::optional<ModelFamily> family, size_t labels,
                       DerivedManifest& out) {
  ModelOutputs& outputs = out.manifest.outputs;
  const bool is_classifier = !outputs.logits.empty() || (labels > 0 && outputs.features.empty());
  out.manifest.family =
      family.value_or(is_classifier ? ModelFamily::kClassify : ModelFamily::kEmbed);
  const bool wants_scores = out.manifest.family == ModelFamily::kClassify;
  std::string& needed = wants_scores ? outputs.logits : outputs.features;
  if (needed.empty()) {
    if (graph.outputs.size() != 1 || !is_vector(graph.outputs[0]))
      return fail(Code::kUnsupported,
                  "its outputs are {}; a manifest has to say which of them is outputs.{}",
                  list_of(graph.outputs), wants_scores ? "logits" : "features");
    needed = graph.outputs[0].name;
    // The same output was taken for the other kind, which the user knows better.
    (wants_scores ? outputs.features : outputs.logits).clear();
    outputs.softmax = wants_scores;
  }
  out.assumptions.push_back(fmt::format("family {}: output '{}' {}", name_of(out.manifest.family),
                                        needed, to_string(*find_value(graph.outputs, needed))));
  if (outputs.pooling == TokenPooling::kFirst)
    out.assumptions.emplace_back("pooling first: the vector is the class token's");
  return {};
}

Result<> fit_input(const OnnxGraph& graph, ModelInput& input) {
  IMAGEMILL_ASSIGN_OR_RETURN(const OnnxValue* value, picture_input(graph));
  if (input.name.empty()) input.name = value->name;
  if (input.name != value->name)
    return fail(Code::kInvalidArgument, "input.name: '{}', the graph has {}", input.name,
                list_of(graph.inputs));
  const auto misfit = [&](std::string_view key, auto said) {
    return fail(Code::kInvalidArgument, "input.{}: {}, the graph's input '{}' is {}", key, said,
                value->name, to_string(*value));
  };
  const OnnxDim& channels = value->dims[input.layout == InputLayout::kNchw ? 1 : 3];
  if (channels.size >= 0 && channels.size != 3) return misfit("layout", name_of(input.layout));
  const int64_t width = width_of(*value, input.layout).size;
  const int64_t height = height_of(*value, input.layout).size;
  if (width >= 0 && width != input.width) return misfit("width", input.width);
  if (height >= 0 && height != input.height) return misfit("height", input.height);
  return {};
}

Result<> fit_output(const OnnxGraph& graph, std::string_view key, const std::string& name,
                    TokenPooling pooling) {
  if (name.empty()) return {};
  const OnnxValue* value = find_value(graph.outputs, name);
  if (value == nullptr)
    return fail(Code::kInvalidArgument, "outputs.{}: '{}', the graph has {}", key, name,
                list_of(graph.outputs));
  if (!is_real(value->type))
    return fail(Code::kUnsupported, "outputs.{}: '{}' is {}, expected float32 or float16", key,
                name, to_string(*value));
  const bool has_tokens = value->has_shape && value->dims.size() == 3;
  if (has_tokens ? pooling == TokenPooling::kNone
                 : value->has_shape && pooling != TokenPooling::kNone)
    return fail(Code::kInvalidArgument, "outputs.pooling: {}, but output '{}' is {}",
                name_of(pooling), name, to_string(*value));
  if (!has_tokens && !is_vector(*value))
    return fail(Code::kUnsupported, "outputs.{}: '{}' is {}, expected one vector a picture", key,
                name, to_string(*value));
  return {};
}

}  // namespace

Result<DerivedManifest> derive_manifest(const OnnxGraph& graph, std::string_view file,
                                        std::optional<ModelFamily> family, size_t labels) {
  IMAGEMILL_ASSIGN_OR_RETURN(const OnnxValue* input, picture_input(graph));
  DerivedManifest out;
  out.manifest.name = model_name_of(file_stem(file));
  out.manifest.file.name = std::string(file);
  read_input(*input, out);
  read_outputs(graph, labels, out.manifest.outputs);
  IMAGEMILL_TRY(choose_family(graph, family, labels, out));
  out.assumptions.emplace_back("its licence is not known");
  IMAGEMILL_TRY(fit_to_graph(graph, out.manifest));
  IMAGEMILL_TRY(validate(out.manifest));
  return out;
}

Result<> fit_to_graph(const OnnxGraph& graph, ModelManifest& manifest) {
  IMAGEMILL_TRY(fit_input(graph, manifest.input));
  ModelOutputs& outputs = manifest.outputs;
  if (outputs.features.empty() && outputs.logits.empty()) {
    if (graph.outputs.size() != 1)
      return fail(Code::kInvalidArgument,
                  "outputs: missing; the graph has several, {}, and the manifest has to say which",
                  list_of(graph.outputs));
    (manifest.family == ModelFamily::kClassify ? outputs.logits : outputs.features) =
        graph.outputs[0].name;
  }
  IMAGEMILL_TRY(fit_output(graph, "features", outputs.features, outputs.pooling));
  return fit_output(graph, "logits", outputs.logits, TokenPooling::kNone);
}

}  // namespace imagemill
