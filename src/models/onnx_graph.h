// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What an .onnx file says about itself, read without ONNX Runtime and without believing it: the
// file is walked field by field, weights are stepped over, so that a model of gigabytes costs a few
// reads and a hostile one an error message.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "imagemill/status.h"

namespace imagemill {

// Element types as numbered by TensorProto.DataType.
inline constexpr int kOnnxFloat = 1;
inline constexpr int kOnnxUint8 = 2;
inline constexpr int kOnnxInt8 = 3;
inline constexpr int kOnnxInt64 = 7;
inline constexpr int kOnnxFloat16 = 10;

int onnx_type_bits(int64_t type);  // of an element; 0: varies, or no type
// "float32", "uint8"; "type 99" of a number that is none.
std::string onnx_type_name(int type);

// A side of a tensor: fixed, or varying under a name (maybe "").
struct OnnxDim {
  int64_t size = -1;  // -1: varies
  std::string symbol = {};
};

struct OnnxValue {
  std::string name;
  int type = 0;  // 0: no tensor, or not told
  bool has_shape = false;
  std::vector<OnnxDim> dims = {};
};

// "float32 [batch, 3, 224, 224]"
std::string to_string(const OnnxValue& value);

struct OnnxOpset {
  std::string domain;  // "": the standard operators
  int64_t version = 0;
};

// Weights that lie in another file.
struct OnnxExternalFile {
  std::string location;    // as the model says it: relative to the model's folder, not checked
  uint64_t end_bytes = 0;  // the file is at least this long
  int64_t tensors = 0;
};

struct OnnxGraph {
  int64_t ir_version = 0;
  std::string producer = {};  // "pytorch 2.1.0"
  std::string graph_name = {};
  std::vector<OnnxOpset> opsets = {};
  std::vector<OnnxValue> inputs = {};  // without those that initializers fill
  std::vector<OnnxValue> outputs = {};
  std::vector<std::pair<std::string, std::string>> metadata = {};
  std::vector<OnnxExternalFile> external_files = {};
  int64_t nodes = 0;  // those of nested graphs and functions included
  int64_t initializers = 0;
  uint64_t initializer_bytes = 0;  // external ones included
  // It quantises activations by the range that they have in the whole batch, so a row's results
  // depend on the rows beside it.
  bool quantizes_by_batch = false;
  // Where the file says of an input, an output, or of what nodes hand on that its first side is 1,
  // in the two bytes that this takes; not all of a crowd.
  std::vector<uint64_t> first_sides_of_one = {};

  // Operator sets that ONNX Runtime does not bring along.
  std::vector<std::string> custom_domains() const;
};

// `name` is for messages. kCorruptInput: no ONNX model, or a broken one; kUnsupported: another kind
// of model file, with what to do about it; kResourceExhausted: over a limit.
Result<OnnxGraph> read_onnx_graph(ReadableFile& file, std::string_view name);

// Reads the graph of a file and refuses what must not be handed to a runtime: models without inputs
// or outputs, absurd shapes, weights outside of the model's folder, behind links, or beyond the end
// of their file.
Result<OnnxGraph> check_model_file(FileSystem& fs, const std::string& path);

}  // namespace imagemill
