// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/onnx_graph.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <unordered_set>

#include "base/checked_math.h"
#include "base/hash.h"
#include "models/model_kinds.h"
#include "models/protobuf_reader.h"

namespace imagemill {
namespace {

constexpr int kDepthMax = 32;  // of graphs within graphs
constexpr size_t kValuesMax = 10'000;
constexpr size_t kRankMax = 64;
constexpr size_t kEntriesMax = 1'000;  // operator sets, metadata, external files
constexpr uint64_t kNameBytesMax = 4096;
constexpr uint64_t kMetadataBytesMax = 1 << 16;
constexpr uint64_t kInitializerBytesMax = uint64_t{1} << 34;

// What a TensorProto says, without its data.
struct TensorFacts {
  std::vector<int64_t> dims;
  int64_t type = 0;
  std::string name;
  uint64_t raw_bytes = 0;
  bool has_raw = false;
  uint64_t typed_bytes = 0;  // in the fields for single types
  bool is_external = false;
  std::string location;
  uint64_t offset = 0;
  uint64_t length = 0;
};

class GraphWalker {
 public:
  explicit GraphWalker(ProtobufReader& reader) : reader_(reader) {}

  Result<OnnxGraph> walk() {
    IMAGEMILL_TRY(model(reader_.whole()));
    if (!has_graph_) return reader_.corrupt(0, "no graph in it, which begins a model");
    std::erase_if(out_.inputs, [&](const OnnxValue& input) {
      return initializer_names_.contains(name_hash(input.name));
    });
    return std::move(out_);
  }

 private:
  using Type = ProtobufField::Type;

  template <typename Visit>
  Result<> each_field(ProtobufRange range, Visit&& visit) {
    while (true) {
      IMAGEMILL_ASSIGN_OR_RETURN(const auto field, reader_.next(range));
      if (!field) return {};
      IMAGEMILL_TRY(visit(*field));
    }
  }

  static bool is(const ProtobufField& field, uint32_t number, Type type) {
    return field.number == number && field.type == type;
  }

  // A name of up to a million is remembered by eight bytes.
  static uint64_t name_hash(std::string_view name) { return hash_content(as_byte_span(name)).low; }

  Result<> read_text(const ProtobufField& field, std::string& out) {
    IMAGEMILL_ASSIGN_OR_RETURN(out, reader_.text(field.content, kNameBytesMax));
    return {};
  }

  Result<> check_room(size_t count, size_t max, std::string_view what) {
    if (count < max) return {};
    return fail(Code::kResourceExhausted, "{}: more than {} {}", reader_.name(), max, what);
  }

  Result<> model(const ProtobufRange& range) {
    std::string producer, version;
    IMAGEMILL_TRY(each_field(range, [&](const ProtobufField& field) -> Result<> {
      if (is(field, 1, Type::kVarint)) out_.ir_version = static_cast<int64_t>(field.value);
      if (is(field, 2, Type::kBytes)) return read_text(field, producer);
      if (is(field, 3, Type::kBytes)) return read_text(field, version);
      if (is(field, 7, Type::kBytes)) {
        has_graph_ = true;
        return graph(field.content, 0);
      }
      if (is(field, 8, Type::kBytes)) return opset(field.content);
      if (is(field, 14, Type::kBytes)) return metadata(field.content);
      if (is(field, 25, Type::kBytes)) return function(field.content);
      return {};
    }));
    out_.producer = producer + (version.empty() ? "" : " " + version);
    return {};
  }

  Result<> opset(const ProtobufRange& range) {
    IMAGEMILL_TRY(check_room(out_.opsets.size(), kEntriesMax, "operator sets"));
    OnnxOpset& opset = out_.opsets.emplace_back();
    return each_field(range, [&](const ProtobufField& field) -> Result<> {
      if (is(field, 1, Type::kBytes)) return read_text(field, opset.domain);
      if (is(field, 2, Type::kVarint)) opset.version = static_cast<int64_t>(field.value);
      return {};
    });
  }

  Result<std::pair<std::string, std::string>> text_pair(const ProtobufRange& range) {
    std::pair<std::string, std::string> out;
    IMAGEMILL_TRY(each_field(range, [&](const ProtobufField& field) -> Result<> {
      if (is(field, 1, Type::kBytes)) return read_text(field, out.first);
      if (is(field, 2, Type::kBytes)) {
        ProtobufRange start = field.content;
        start.end = std::min(start.end, start.at + kMetadataBytesMax);
        IMAGEMILL_ASSIGN_OR_RETURN(out.second, reader_.text(start, kMetadataBytesMax));
      }
      return {};
    }));
    return out;
  }

  Result<> metadata(const ProtobufRange& range) {
    IMAGEMILL_TRY(check_room(out_.metadata.size(), kEntriesMax, "metadata entries"));
    IMAGEMILL_ASSIGN_OR_RETURN(out_.metadata.emplace_back(), text_pair(range));
    return {};
  }

  Result<> function(const ProtobufRange& range) {
    return each_field(range, [&](const ProtobufField& field) -> Result<> {
      return is(field, 7, Type::kBytes) ? node(field.content, 1) : Result<>{};
    });
  }

  Result<> graph(const ProtobufRange& range, int depth) {
    if (depth > kDepthMax)
      return fail(Code::kResourceExhausted, "{}: more than {} graphs within each other",
                  reader_.name(), kDepthMax);
    const bool is_top = depth == 0;
    return each_field(range, [&](const ProtobufField& field) -> Result<> {
      if (is(field, 1, Type::kBytes)) return node(field.content, depth);
      if (is(field, 5, Type::kBytes)) return tensor(field.content, is_top);
      if (is(field, 15, Type::kBytes)) return sparse_tensor(field.content, is_top);
      if (!is_top) return {};
      if (is(field, 2, Type::kBytes)) return read_text(field, out_.graph_name);
      if (is(field, 11, Type::kBytes)) return value(field.content, out_.inputs);
      if (is(field, 12, Type::kBytes)) return value(field.content, out_.outputs);
      if (is(field, 13, Type::kBytes)) return value_between(field.content);
      return {};
    });
  }

  Result<> node(const ProtobufRange& range, int depth) {
    ++out_.nodes;
    return each_field(range, [&](const ProtobufField& field) -> Result<> {
      if (is(field, 4, Type::kBytes)) return operator_type(field);
      return is(field, 5, Type::kBytes) ? attribute(field.content, depth) : Result<>{};
    });
  }

  // DynamicQuantizeLinear, and DynamicQuantizeMatMul and -LSTM of com.microsoft.
  Result<> operator_type(const ProtobufField& field) {
    std::string type;
    IMAGEMILL_TRY(read_text(field, type));
    if (type.starts_with("DynamicQuantize")) out_.quantizes_by_batch = true;
    return {};
  }

  // Constants and the branches of If, the bodies of loops.
  Result<> attribute(const ProtobufRange& range, int depth) {
    return each_field(range, [&](const ProtobufField& field) -> Result<> {
      if (field.type != Type::kBytes) return {};
      if (field.number == 5 || field.number == 10) return tensor(field.content, false);
      if (field.number == 6 || field.number == 11) return graph(field.content, depth + 1);
      if (field.number == 22 || field.number == 23) return sparse_tensor(field.content, false);
      return {};
    });
  }

  Result<> sparse_tensor(const ProtobufRange& range, bool is_initializer) {
    return each_field(range, [&](const ProtobufField& field) -> Result<> {
      if (is(field, 1, Type::kBytes)) return tensor(field.content, is_initializer);
      if (is(field, 2, Type::kBytes)) return tensor(field.content, false);
      return {};
    });
  }

  Result<> tensor(const ProtobufRange& range, bool is_initializer) {
    TensorFacts facts;
    IMAGEMILL_TRY(each_field(
        range, [&](const ProtobufField& field) -> Result<> { return tensor_field(field, facts); }));
    ++out_.initializers;
    if (is_initializer) initializer_names_.insert(name_hash(facts.name));
    return check_tensor(range.at, facts);
  }

  Result<> tensor_field(const ProtobufField& field, TensorFacts& facts) {
    switch (field.number) {
      case 1:
        return dims(field, facts.dims);
      case 2:
        facts.type = static_cast<int64_t>(field.value);
        return {};
      case 4:  // float_data, int32_data, string_data, int64_data, double_data, uint64_data
      case 5:
      case 6:
      case 7:
      case 10:
      case 11:
        facts.typed_bytes += field.type == Type::kBytes ? field.content.bytes() : 1;
        return {};
      case 8:
        return field.type == Type::kBytes ? read_text(field, facts.name) : Result<>{};
      case 9:
        if (field.type != Type::kBytes) return {};
        facts.has_raw = true;
        facts.raw_bytes = field.content.bytes();
        return {};
      case 13:
        return field.type == Type::kBytes ? external_entry(field.content, facts) : Result<>{};
      case 14:
        facts.is_external = field.value == 1;
        return {};
      default:
        return {};
    }
  }

  Result<> dims(const ProtobufField& field, std::vector<int64_t>& out) {
    ProtobufRange packed = field.content;
    while (true) {
      std::optional<uint64_t> dim = field.value;
      if (field.type == Type::kBytes) {
        IMAGEMILL_ASSIGN_OR_RETURN(dim, reader_.next_packed(packed));
      }
      if (!dim) return {};
      IMAGEMILL_TRY(check_room(out.size(), kRankMax, "dimensions of a tensor"));
      out.push_back(static_cast<int64_t>(*dim));
      if (field.type != Type::kBytes) return {};
    }
  }

  Result<> external_entry(const ProtobufRange& range, TensorFacts& facts) {
    IMAGEMILL_ASSIGN_OR_RETURN(const auto entry, text_pair(range));
    const auto& [key, text] = entry;
    if (key == "location") facts.location = text;
    if (key != "offset" && key != "length") return {};
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
      return reader_.corrupt(
          range.at, fmt::format("{} '{}' of external weights, expected a number", key, text));
    (key == "offset" ? facts.offset : facts.length) = number;
    return {};
  }

  // The size that the dimensions promise, held against the bytes that are there.
  Result<> check_tensor(uint64_t at, const TensorFacts& facts) {
    int64_t elements = 1;
    for (const int64_t dim : facts.dims) {
      if (dim < 0)
        return reader_.corrupt(at, fmt::format("weights '{}' with a side of {}", facts.name, dim));
      const auto product = checked_mul(elements, dim);
      if (!product || *product > int64_t{1} << 40)
        return fail(Code::kResourceExhausted, "{}: weights '{}' [{}] are absurdly large",
                    reader_.name(), facts.name, fmt::join(facts.dims, ", "));
      elements = *product;
    }
    const auto promised = static_cast<uint64_t>(elements) * onnx_type_bits(facts.type) / 8;
    if (facts.is_external) return add_external(at, facts, promised);
    if (facts.has_raw && promised != 0 && facts.raw_bytes != promised)
      return reader_.corrupt(at,
                             fmt::format("weights '{}' [{}] of {} bytes, expected {}", facts.name,
                                         fmt::join(facts.dims, ", "), facts.raw_bytes, promised));
    return add_bytes(facts.raw_bytes + facts.typed_bytes);
  }

  Result<> add_external(uint64_t at, const TensorFacts& facts, uint64_t promised) {
    if (facts.location.empty())
      return reader_.corrupt(at,
                             fmt::format("external weights '{}' without a location", facts.name));
    const uint64_t bytes = facts.length != 0 ? facts.length : promised;
    const auto end = checked_add(facts.offset, bytes);
    if (!end)
      return reader_.corrupt(at, fmt::format("external weights '{}' at offset {}, of {} bytes",
                                             facts.name, facts.offset, bytes));
    const auto known = external_.find(facts.location);
    if (known == external_.end()) {
      IMAGEMILL_TRY(check_room(external_.size(), kEntriesMax, "external files"));
      external_.emplace(facts.location, out_.external_files.size());
      out_.external_files.push_back({facts.location, *end, 1});
    } else {
      OnnxExternalFile& file = out_.external_files[known->second];
      file.end_bytes = std::max(file.end_bytes, *end);
      ++file.tensors;
    }
    return add_bytes(bytes);
  }

  Result<> add_bytes(uint64_t bytes) {
    const auto sum = checked_add(out_.initializer_bytes, bytes);
    if (!sum || *sum > kInitializerBytesMax)
      return fail(Code::kResourceExhausted, "{}: more than {} bytes of weights", reader_.name(),
                  kInitializerBytesMax);
    out_.initializer_bytes = *sum;
    return {};
  }

  Result<> value(const ProtobufRange& range, std::vector<OnnxValue>& out) {
    IMAGEMILL_TRY(check_room(out.size(), kValuesMax, "inputs or outputs"));
    OnnxValue& value = out.emplace_back();
    return each_field(range, [&](const ProtobufField& field) -> Result<> {
      if (is(field, 1, Type::kBytes)) return read_text(field, value.name);
      if (is(field, 2, Type::kBytes)) return value_type(field.content, value);
      return {};
    });
  }

  // What nodes hand on, which only first_sides_of_one is about.
  Result<> value_between(const ProtobufRange& range) {
    OnnxValue unused;
    return each_field(range, [&](const ProtobufField& field) -> Result<> {
      return is(field, 2, Type::kBytes) ? value_type(field.content, unused) : Result<>{};
    });
  }

  Result<> value_type(const ProtobufRange& range, OnnxValue& value) {
    return each_field(range, [&](const ProtobufField& type) -> Result<> {
      if (!is(type, 1, Type::kBytes)) return {};  // sequences, maps, optionals are no tensors
      return each_field(type.content, [&](const ProtobufField& field) -> Result<> {
        if (is(field, 1, Type::kVarint)) value.type = static_cast<int>(field.value & 0x7FFFFFFF);
        if (!is(field, 2, Type::kBytes)) return {};
        value.has_shape = true;
        return each_field(field.content, [&](const ProtobufField& dim) -> Result<> {
          return is(dim, 1, Type::kBytes) ? value_dim(dim.content, value) : Result<>{};
        });
      });
    });
  }

  Result<> value_dim(const ProtobufRange& range, OnnxValue& value) {
    IMAGEMILL_TRY(check_room(value.dims.size(), kRankMax, "dimensions of a tensor"));
    OnnxDim& dim = value.dims.emplace_back();
    IMAGEMILL_TRY(each_field(range, [&](const ProtobufField& field) -> Result<> {
      if (is(field, 1, Type::kVarint)) dim.size = static_cast<int64_t>(field.value);
      if (is(field, 2, Type::kBytes)) return read_text(field, dim.symbol);
      return {};
    }));
    const bool is_first_of_one = value.dims.size() == 1 && dim.size == 1 && range.bytes() == 2;
    if (is_first_of_one && out_.first_sides_of_one.size() < kValuesMax)
      out_.first_sides_of_one.push_back(range.at);
    // Some exporters write -1 for a side that varies, as runtimes read it.
    if (dim.size < -1)
      return reader_.corrupt(range.at,
                             fmt::format("tensor '{}' with a side of {}", value.name, dim.size));
    return {};
  }

  ProtobufReader& reader_;
  OnnxGraph out_;
  bool has_graph_ = false;
  std::unordered_set<uint64_t> initializer_names_;
  std::map<std::string, size_t> external_;  // location -> index in out_.external_files
};

}  // namespace

Result<OnnxGraph> read_onnx_graph(ReadableFile& file, std::string_view name) {
  IMAGEMILL_TRY(refuse_other_kinds(file, name));
  ProtobufReader reader(file, name);
  return GraphWalker(reader).walk();
}

}  // namespace imagemill
