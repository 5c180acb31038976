// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "support/tiny_onnx.h"

#include <bit>
#include <cstring>

namespace imagemill {
namespace {

// Field numbers of onnx.proto.
constexpr int kModelIrVersion = 1, kModelProducer = 2, kModelProducerVersion = 3, kModelGraph = 7,
              kModelOpset = 8, kModelMetadata = 14;
constexpr int kGraphNode = 1, kGraphName = 2, kGraphInitializer = 5, kGraphInput = 11,
              kGraphOutput = 12, kGraphBetween = 13;
constexpr int kNodeInput = 1, kNodeOutput = 2, kNodeOpType = 4, kNodeAttribute = 5, kNodeDomain = 7;
constexpr int kTensorDims = 1, kTensorType = 2, kTensorName = 8, kTensorRaw = 9,
              kTensorExternal = 13, kTensorLocation = 14;

ProtoBytes text_pair(std::string_view key, std::string_view value) {
  return ProtoBytes().bytes(1, key).bytes(2, value);
}

ProtoBytes value_info(std::string_view name, const std::vector<TinyDim>& dims, OnnxType type) {
  ProtoBytes shape;
  for (const TinyDim& dim : dims) {
    ProtoBytes out;
    if (dim.symbol.empty())
      out.varint(1, static_cast<uint64_t>(dim.size));
    else
      out.bytes(2, dim.symbol);
    shape.bytes(1, out.finish());
  }
  const ProtoBytes tensor =
      ProtoBytes().varint(1, static_cast<uint64_t>(type)).bytes(2, shape.finish());
  return ProtoBytes().bytes(1, name).bytes(2, ProtoBytes().bytes(1, tensor.finish()).finish());
}

ProtoBytes tensor_head(std::string_view name, const std::vector<int64_t>& dims, OnnxType type) {
  ProtoBytes out;
  for (const int64_t dim : dims) out.varint(kTensorDims, static_cast<uint64_t>(dim));
  return out.varint(kTensorType, static_cast<uint64_t>(type)).bytes(kTensorName, name);
}

template <typename T>
std::string raw_data(const std::vector<T>& values) {
  static_assert(std::endian::native == std::endian::little);
  std::string out(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(out.data(), values.data(), out.size());
  return out;
}

// AttributeProto: its value in one of several fields, its type (20) says which.
struct AttributeWriter {
  ProtoBytes& out;

  void operator()(int value) { (*this)(int64_t{value}); }
  void operator()(int64_t value) { out.varint(3, static_cast<uint64_t>(value)).varint(20, 2); }
  void operator()(float value) { out.fixed32(2, std::bit_cast<uint32_t>(value)).varint(20, 1); }
  void operator()(const std::string& value) { out.bytes(4, value).varint(20, 3); }
  void operator()(const std::vector<int64_t>& values) {
    for (const int64_t value : values) out.varint(8, static_cast<uint64_t>(value));
    out.varint(20, 7);
  }
  void operator()(const std::vector<float>& values) {
    for (const float value : values) out.fixed32(7, std::bit_cast<uint32_t>(value));
    out.varint(20, 6);
  }
};

// input -> "features", the means of its channels.
TinyOnnx channel_means(int64_t width, int64_t height) {
  const auto side = [](int64_t size, const char* name) {
    return size < 0 ? TinyDim(name) : TinyDim(size);
  };
  return TinyOnnx()
      .input("input", {"batch", 3, side(height, "height"), side(width, "width")})
      .node("GlobalAveragePool", {"input"}, {"pooled"})
      .node("Flatten", {"pooled"}, {"features"}, {{"axis", 1}})
      .output("features", {"batch", 3});
}

}  // namespace

ProtoBytes& ProtoBytes::varint(int field, uint64_t value) {
  append_varint(static_cast<uint64_t>(field) << 3);
  append_varint(value);
  return *this;
}

ProtoBytes& ProtoBytes::fixed32(int field, uint32_t bits) {
  append_varint(static_cast<uint64_t>(field) << 3 | 5);
  for (int i = 0; i < 4; ++i) out_ += static_cast<char>(bits >> (8 * i) & 0xFF);
  return *this;
}

ProtoBytes& ProtoBytes::bytes(int field, std::string_view content) {
  return head(field, content.size()).raw(content);
}

ProtoBytes& ProtoBytes::head(int field, uint64_t bytes) {
  append_varint(static_cast<uint64_t>(field) << 3 | 2);
  append_varint(bytes);
  return *this;
}

ProtoBytes& ProtoBytes::raw(std::string_view bytes) {
  out_ += bytes;
  return *this;
}

void ProtoBytes::append_varint(uint64_t value) {
  for (; value >= 0x80; value >>= 7) out_ += static_cast<char>((value & 0x7F) | 0x80);
  out_ += static_cast<char>(value);
}

TinyOnnx& TinyOnnx::input(std::string_view name, const std::vector<TinyDim>& dims, OnnxType type) {
  graph_.bytes(kGraphInput, value_info(name, dims, type).finish());
  return *this;
}

TinyOnnx& TinyOnnx::output(std::string_view name, const std::vector<TinyDim>& dims, OnnxType type) {
  graph_.bytes(kGraphOutput, value_info(name, dims, type).finish());
  return *this;
}

TinyOnnx& TinyOnnx::between(std::string_view name, const std::vector<TinyDim>& dims,
                            OnnxType type) {
  graph_.bytes(kGraphBetween, value_info(name, dims, type).finish());
  return *this;
}

TinyOnnx& TinyOnnx::node(std::string_view op_type, const std::vector<std::string>& inputs,
                         const std::vector<std::string>& outputs,
                         const std::vector<TinyAttribute>& attributes, std::string_view domain) {
  ProtoBytes out;
  for (const std::string& name : inputs) out.bytes(kNodeInput, name);
  for (const std::string& name : outputs) out.bytes(kNodeOutput, name);
  out.bytes(kNodeOpType, op_type);
  for (const TinyAttribute& attribute : attributes) {
    ProtoBytes value = ProtoBytes().bytes(1, attribute.name);
    std::visit(AttributeWriter{value}, attribute.value);
    out.bytes(kNodeAttribute, value.finish());
  }
  if (!domain.empty()) out.bytes(kNodeDomain, domain);
  graph_.bytes(kGraphNode, out.finish());
  return *this;
}

TinyOnnx& TinyOnnx::weights(std::string_view name, const std::vector<int64_t>& dims,
                            const std::vector<float>& values) {
  return initializer(tensor_head(name, dims, OnnxType::kFloat).bytes(kTensorRaw, raw_data(values)));
}

TinyOnnx& TinyOnnx::integers(std::string_view name, const std::vector<int64_t>& dims,
                             const std::vector<int64_t>& values) {
  return initializer(tensor_head(name, dims, OnnxType::kInt64).bytes(kTensorRaw, raw_data(values)));
}

TinyOnnx& TinyOnnx::external_weights(std::string_view name, const std::vector<int64_t>& dims,
                                     std::string_view location, uint64_t offset, uint64_t bytes) {
  ProtoBytes tensor = tensor_head(name, dims, OnnxType::kFloat);
  tensor.bytes(kTensorExternal, text_pair("location", location).finish());
  if (offset != 0)
    tensor.bytes(kTensorExternal, text_pair("offset", std::to_string(offset)).finish());
  if (bytes != 0)
    tensor.bytes(kTensorExternal, text_pair("length", std::to_string(bytes)).finish());
  return initializer(tensor.varint(kTensorLocation, 1));
}

TinyOnnx& TinyOnnx::initializer(const ProtoBytes& tensor) {
  graph_.bytes(kGraphInitializer, tensor.finish());
  return *this;
}

TinyOnnx& TinyOnnx::opset(std::string_view domain, int version) {
  model_.bytes(kModelOpset,
               ProtoBytes().bytes(1, domain).varint(2, static_cast<uint64_t>(version)).finish());
  return *this;
}

TinyOnnx& TinyOnnx::metadata(std::string_view key, std::string_view value) {
  model_.bytes(kModelMetadata, text_pair(key, value).finish());
  return *this;
}

TinyOnnx& TinyOnnx::producer(std::string_view name, std::string_view version) {
  model_.bytes(kModelProducer, name).bytes(kModelProducerVersion, version);
  return *this;
}

std::string TinyOnnx::finish() const {
  ProtoBytes graph = graph_;
  graph.bytes(kGraphName, "tiny");
  ProtoBytes out = ProtoBytes().varint(kModelIrVersion, 8);
  out.bytes(kModelOpset, ProtoBytes().varint(2, 17).finish());
  return out.raw(model_.finish()).bytes(kModelGraph, graph.finish()).finish();
}

std::string tiny_features_model(int64_t width, int64_t height) {
  return channel_means(width, height).finish();
}

std::string tiny_dynamic_model(int64_t width, int64_t height, int64_t batch) {
  const TinyDim rows = batch < 0 ? TinyDim("batch") : TinyDim(batch);
  return TinyOnnx()
      .input("input", {rows, 3, height, width})
      .node("DynamicQuantizeLinear", {"input"}, {"quantized", "scale", "zero"})
      .node("DequantizeLinear", {"quantized", "scale", "zero"}, {"coarse"})
      .node("GlobalAveragePool", {"coarse"}, {"pooled"})
      .node("Flatten", {"pooled"}, {"features"}, {{"axis", 1}})
      .output("features", {rows, 3})
      .finish();
}

std::string tiny_batch_of_one_model(int64_t width, int64_t height, bool mixes_rows) {
  TinyOnnx model;
  model.input("input", {1, 3, height, width}).node("GlobalAveragePool", {"input"}, {"pooled"});
  model.between("pooled", {1, 3, 1, 1});
  if (mixes_rows)
    model.node("Flatten", {"pooled"}, {"means"}, {{"axis", 1}})
        .node("ReduceMean", {"means"}, {"mean"},
              {{"axes", std::vector<int64_t>{0}}, {"keepdims", 1}})
        .node("Sub", {"means", "mean"}, {"features"});
  else
    model.node("Flatten", {"pooled"}, {"features"}, {{"axis", 1}});
  return model.output("features", {1, 3}).finish();
}

std::string tiny_classifier_model(int64_t width, int64_t height, int64_t labels) {
  std::vector<float> weights(static_cast<size_t>(3 * labels), 0.0f);  // [3][labels]
  for (int64_t i = 0; i < labels; ++i)
    weights[static_cast<size_t>(i % 3 * labels + i)] = static_cast<float>(i + 1);
  return channel_means(width, height)
      .weights("head", {3, labels}, weights)
      .node("MatMul", {"features", "head"}, {"logits"})
      .output("logits", {"batch", labels})
      .finish();
}

}  // namespace imagemill
