// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// ONNX models made byte by byte: real ones, small enough for a test, and such as no exporter would
// write.
//
//   const std::string bytes = TinyOnnx()
//                                 .input("image", {"batch", 3, 8, 8})
//                                 .node("GlobalAveragePool", {"image"}, {"pooled"})
//                                 .node("Flatten", {"pooled"}, {"features"}, {{"axis", 1}})
//                                 .output("features", {"batch", 3})
//                                 .finish();
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace imagemill {

// Protocol buffers, one field after the other.
class ProtoBytes {
 public:
  ProtoBytes& varint(int field, uint64_t value);
  ProtoBytes& fixed32(int field, uint32_t bits);
  ProtoBytes& bytes(int field, std::string_view content);  // texts and messages
  // The head of such a field without the content: a length can be a lie.
  ProtoBytes& head(int field, uint64_t bytes);
  ProtoBytes& raw(std::string_view bytes);

  const std::string& finish() const { return out_; }

 private:
  void append_varint(uint64_t value);

  std::string out_;
};

// Numbers as in TensorProto.DataType.
enum class OnnxType : uint8_t {
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kInt32 = 6,
  kInt64 = 7,
  kFloat16 = 10,
};

// A number of elements, or a name for one that varies.
struct TinyDim {
  TinyDim(int64_t elements) : size(elements) {}          // NOLINT(google-explicit-constructor)
  TinyDim(int elements) : size(elements) {}              // NOLINT(google-explicit-constructor)
  TinyDim(const char* name) : size(-1), symbol(name) {}  // NOLINT(google-explicit-constructor)

  int64_t size;
  std::string symbol;
};

struct TinyAttribute {
  std::string name;
  std::variant<int, int64_t, float, std::string, std::vector<int64_t>, std::vector<float>> value;
};

class TinyOnnx {
 public:
  TinyOnnx& input(std::string_view name, const std::vector<TinyDim>& dims,
                  OnnxType type = OnnxType::kFloat);
  TinyOnnx& output(std::string_view name, const std::vector<TinyDim>& dims,
                   OnnxType type = OnnxType::kFloat);
  // What a node hands on.
  TinyOnnx& between(std::string_view name, const std::vector<TinyDim>& dims,
                    OnnxType type = OnnxType::kFloat);
  TinyOnnx& node(std::string_view op_type, const std::vector<std::string>& inputs,
                 const std::vector<std::string>& outputs,
                 const std::vector<TinyAttribute>& attributes = {}, std::string_view domain = "");

  // Initializers: constants that nodes take by name.
  TinyOnnx& weights(std::string_view name, const std::vector<int64_t>& dims,
                    const std::vector<float>& values);
  TinyOnnx& integers(std::string_view name, const std::vector<int64_t>& dims,
                     const std::vector<int64_t>& values);
  // Floats that lie in the file `location` beside the model. bytes 0: the field is left out.
  TinyOnnx& external_weights(std::string_view name, const std::vector<int64_t>& dims,
                             std::string_view location, uint64_t offset = 0, uint64_t bytes = 0);
  TinyOnnx& initializer(const ProtoBytes& tensor);  // any TensorProto

  TinyOnnx& opset(std::string_view domain, int version);  // besides the standard one, 17
  TinyOnnx& metadata(std::string_view key, std::string_view value);
  TinyOnnx& producer(std::string_view name, std::string_view version);

  std::string finish() const;

 private:
  ProtoBytes model_;  // what comes beside the graph
  ProtoBytes graph_;
};

// Means of the three channels: input "input" float [batch,3,height,width] (a side of -1 varies),
// output "features" [batch,3].
std::string tiny_features_model(int64_t width, int64_t height);

// The same of a picture that was quantised by the range of the whole batch, which is fixed or (-1)
// varies.
std::string tiny_dynamic_model(int64_t width, int64_t height, int64_t batch = -1);

// Means as above in a file that says that its batch is one, which nothing in the network asks for;
// or in which each row has the mean of all rows taken off, which must not run in batches.
std::string tiny_batch_of_one_model(int64_t width, int64_t height, bool mixes_rows = false);

// `labels` scores: input "input" as above, outputs "features" [batch,3] and "logits"
// [batch,labels]. Score i is the mean of channel i % 3 times (i + 1).
std::string tiny_classifier_model(int64_t width, int64_t height, int64_t labels);

}  // namespace imagemill
