// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// embed: a vector for every picture, and labels where the model knows any.
#include <array>
#include <nlohmann/json.hpp>

#include "jobs/registry.h"
#include "jobs/vector_export.h"
#include "models/features.h"
#include "models/input_tensor.h"
#include "models/network.h"

namespace imagemill {
namespace {

constexpr std::array kOptions = {
    OptionSpec{"model", OptionKind::kText, "",
               "a model's name (imagemill models list) or the path of an .onnx file"},
    OptionSpec{"transform", OptionKind::kChoice, "manifest",
               "how a picture meets the model's input: as its manifest says; shorter side to 8/7 "
               "of it and the centre; stretched; whole, with bars",
               "manifest|torchvision|squash|pad"},
    OptionSpec{"decode", OptionKind::kChoice, "default",
               "how much larger than the input a picture is decoded at least: fast 1x, default as "
               "the model's manifest says (2x), exact in full, and resized as Pillow does it",
               "default|fast|exact"},
    OptionSpec{"output", OptionKind::kChoice, "npy", "file format of the vectors",
               "npy|jsonl|csv|clip-retrieval|none"},
    OptionSpec{"dtype", OptionKind::kChoice, "f32", "numbers of the vectors", "f32|f16"},
    OptionSpec{"chunk", OptionKind::kInteger, "0",
               "vectors in a file, features_chunk_0.npy and so on; 0: one file", "", 0, 1e7},
    OptionSpec{"top-k", OptionKind::kInteger, "5", "labels to keep of each picture", "", 0, 100},
};

ModelInput chosen_input(const OptionValues& options, ModelInput input) {
  const std::string& transform = options.text("transform");
  if (transform == "torchvision") {
    input.fit = InputFit::kCrop;
    input.resize = std::max(input.width, input.height) * 8 / 7;
    input.kernel = InputKernel::kLinear;
  }
  if (transform == "squash") input.fit = InputFit::kSquash;
  if (transform == "pad") input.fit = InputFit::kPad;
  if (options.text("decode") == "fast") input.oversampling = 1;
  return input;
}

ResizeKernel resize_kernel(InputKernel kernel) {
  switch (kernel) {
    case InputKernel::kLinear:
      return ResizeKernel::kLinear;
    case InputKernel::kCubic:
      return ResizeKernel::kCubic;
    case InputKernel::kLanczos3:
      break;
  }
  return ResizeKernel::kLanczos3;
}

class EmbedJob final : public Job {
 public:
  // `network` null: for finish() alone.
  EmbedJob(const OptionValues& options, ModelInput input, Network* network,
           std::vector<std::string> labels)
      : input_(std::move(input)),
        network_(network),
        labels_(std::move(labels)),
        resampling_(options.text("decode") == "exact" ? Resampling::kPillow : Resampling::kDirect),
        dtype_(options.text("dtype") == "f16" ? VectorType::kF16 : VectorType::kF32),
        top_k_(static_cast<size_t>(options.integer("top-k"))),
        options_(fmt::format("{} {} {}", options.text("transform"), options.text("decode"),
                             options.text("dtype"))),
        export_{.format = options.text("output"),
                .type = dtype_,
                .chunk = static_cast<size_t>(options.integer("chunk"))} {}

  const JobInfo& info() const override { return embed_info(); }

  std::optional<TableSchema> table() const override {
    return TableSchema{"embed",
                       {{"features", ColumnType::kBlob},
                        {"dims", ColumnType::kInteger},
                        {"label", ColumnType::kText},
                        {"score", ColumnType::kReal},
                        {"labels", ColumnType::kText}}};
  }

  std::string model_hash() const override {
    return network_ == nullptr ? "" : network_->content_hash();
  }

  std::optional<std::string> cache_key() const override {
    const auto network = network_ == nullptr ? std::nullopt : network_->identity();
    if (!network) return std::nullopt;
    return fmt::format("2 {} {} {}", *network, options_, top_k_);
  }

  std::vector<ViewRequest> views(const ImageHeader& header) const override {
    return {view_request(placement(header))};
  }

  uint64_t working_bytes(const ImageHeader&) const override { return 2 * network_->row_bytes(); }

  Result<> process(ItemContext& context) const override {
    auto batcher = network_->batcher();
    if (!batcher) return context.end_run(std::move(batcher).error());
    IMAGEMILL_ASSIGN_OR_RETURN(BatchSlot slot, (*batcher)->reserve());
    const InputPlacement place = placement(context.header());
    IMAGEMILL_ASSIGN_OR_RETURN(
        InputTensor tensor, InputTensor::over(input_, place, network_->input_type(), slot.input()));
    IMAGEMILL_TRY(context.view_into(view_request(place), tensor.picture()));
    tensor.finish();
    context.release_pictures();
    return context.when_answered(
        std::move(slot), [this, &context](const BatchRow& row) { return emit(row, context); });
  }

  Result<> finish(FinishContext& context) override {
    if (network_ != nullptr) network_->remember();
    return export_vectors(context, "embed", export_);
  }

 private:
  const ModelOutputs& outputs() const { return network_->model().manifest.outputs; }

  InputPlacement placement(const ImageHeader& header) const {
    const Size seen = oriented({header.width, header.height}, header.orientation);
    return place_picture(seen.width, seen.height, input_);
  }

  ViewRequest view_request(const InputPlacement& place) const {
    return {.size = {place.width, place.height},
            .window_x = place.x,
            .window_y = place.y,
            .window_width = place.shown_width,
            .window_height = place.shown_height,
            .color = ViewColor::kRgbFloat,
            .kernel = resize_kernel(input_.kernel),
            .resampling = resampling_,
            .oversampling = input_.oversampling,
            .bits_max = 8};
  }

  Result<> emit(const BatchRow& row, ItemContext& context) const {
    Value features;
    Value dims;
    Value label;
    Value score;
    Value labels;
    size_t next = 0;
    if (!outputs().features.empty()) {
      IMAGEMILL_ASSIGN_OR_RETURN(const auto vector, read_features(row.outputs[next++], outputs()));
      dims = static_cast<int64_t>(vector.size());
      features = pack_vector(vector, dtype_);
    }
    if (!outputs().logits.empty()) {
      IMAGEMILL_ASSIGN_OR_RETURN(const auto scores, read_scores(row.outputs[next], outputs()));
      const auto top = top_scores(scores, top_k_);
      if (!top.empty()) {
        label = label_of(top.front());
        score = double{scores[top.front()]};
        labels = labels_json(top, scores);
      }
    }
    context.emit_row({std::move(features), std::move(dims), std::move(label), std::move(score),
                      std::move(labels)});
    return {};
  }

  // Of a class without a name its number.
  std::string label_of(size_t position) const {
    return position < labels_.size() ? labels_[position] : std::to_string(position);
  }

  std::string labels_json(std::span<const size_t> top, std::span<const float> scores) const {
    auto list = nlohmann::json::array();
    for (const size_t i : top) list.push_back({{"label", label_of(i)}, {"score", scores[i]}});
    return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }

  const ModelInput input_;
  Network* const network_;
  const std::vector<std::string> labels_;
  const Resampling resampling_;
  const VectorType dtype_;
  const size_t top_k_;
  const std::string options_;  // the others that rows depend on
  const VectorExport export_;
};

}  // namespace

const JobInfo& embed_info() {
  static constexpr JobInfo kInfo{"embed", "A feature vector for every picture, and its labels",
                                 kOptions};
  return kInfo;
}

Result<std::unique_ptr<Job>> make_embed(const OptionValues& options, const JobTools& tools) {
  if (options.text("model").empty())
    return fail(Code::kInvalidArgument,
                "embed: --model names a model or an .onnx file; \"imagemill models list\" shows "
                "what is there");
  if (tools.networks == nullptr)
    return std::make_unique<EmbedJob>(options, ModelInput(), nullptr, std::vector<std::string>());
  const ModelStore store(real_file_system(), tools.models_folder);
  IMAGEMILL_ASSIGN_OR_RETURN(FoundModel model, store.find(options.text("model")));
  IMAGEMILL_ASSIGN_OR_RETURN(std::vector<std::string> labels,
                             read_labels(real_file_system(), model));
  const ModelInput input = chosen_input(options, model.manifest.input);
  std::vector<std::string> outputs = names_of(model.manifest.outputs);
  IMAGEMILL_ASSIGN_OR_RETURN(Network* const network,
                             tools.networks->add(std::move(model), std::move(outputs)));
  return std::make_unique<EmbedJob>(options, input, network, std::move(labels));
}

}  // namespace imagemill
