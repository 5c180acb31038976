// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "store/row_bytes.h"

#include <cstring>

namespace imagemill {
namespace {

// Layout, little-endian as the machine is: a count of rows, of each its `sub` and a count of
// values, of each the number of its type in Value and what that type needs.
using Count = uint32_t;

class Packer {
 public:
  void count(size_t n) { number(static_cast<Count>(n)); }
  template <typename T>
  void number(T value) {
    const size_t at = out_.size();
    out_.resize(at + sizeof(T));
    std::memcpy(out_.data() + at, &value, sizeof(T));
  }
  void block(ByteSpan bytes) {
    count(bytes.size());
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }
  void value(const Value& value) {
    number(static_cast<uint8_t>(value.index()));
    if (const auto* integer = std::get_if<int64_t>(&value)) number(*integer);
    if (const auto* real = std::get_if<double>(&value)) number(*real);
    if (const auto* text = std::get_if<std::string>(&value)) block(as_byte_span(*text));
    if (const auto* bytes = std::get_if<Bytes>(&value)) block(*bytes);
  }
  Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
};

// Says no for good at the first thing that is not there.
class Unpacker {
 public:
  explicit Unpacker(ByteSpan rest) : rest_(rest) {}

  bool is_at_end() const { return rest_.empty(); }

  template <typename T>
  std::optional<T> number() {
    if (rest_.size() < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_ = rest_.subspan(sizeof(T));
    return value;
  }
  // Of things that take at least one byte each.
  std::optional<Count> count() {
    const auto n = number<Count>();
    return n && *n <= rest_.size() ? n : std::nullopt;
  }
  std::optional<ByteSpan> block() {
    const auto n = count();
    if (!n) return std::nullopt;
    const ByteSpan bytes = rest_.first(*n);
    rest_ = rest_.subspan(*n);
    return bytes;
  }
  std::optional<Value> value() {
    const auto type = number<uint8_t>();
    if (!type) return std::nullopt;
    switch (*type) {
      case 0:
        return Value();
      case 1:
        return wrapped(number<int64_t>());
      case 2:
        return wrapped(number<double>());
      case 3:
        if (const auto text = block()) return Value(std::string(as_text(*text)));
        return std::nullopt;
      case 4:
        if (const auto bytes = block()) return Value(Bytes(bytes->begin(), bytes->end()));
        return std::nullopt;
      default:
        return std::nullopt;
    }
  }

 private:
  template <typename T>
  static std::optional<Value> wrapped(const std::optional<T>& number) {
    return number ? std::optional<Value>(*number) : std::nullopt;
  }

  ByteSpan rest_;
};

}  // namespace

Bytes pack_rows(std::span<const Row> rows) {
  Packer packer;
  packer.count(rows.size());
  for (const Row& row : rows) {
    packer.block(as_byte_span(row.sub));
    packer.count(row.values.size());
    for (const Value& value : row.values) packer.value(value);
  }
  return packer.take();
}

std::optional<std::vector<Row>> unpack_rows(ByteSpan bytes, const std::string& table) {
  Unpacker unpacker(bytes);
  const auto count = unpacker.count();
  if (!count) return std::nullopt;
  std::vector<Row> rows;
  for (Count i = 0; i < *count; ++i) {
    const auto sub = unpacker.block();
    const auto values = sub ? unpacker.count() : std::nullopt;
    if (!values) return std::nullopt;
    Row row{.table = table, .sub = std::string(as_text(*sub)), .values = {}};
    for (Count v = 0; v < *values; ++v) {
      auto value = unpacker.value();
      if (!value) return std::nullopt;
      row.values.push_back(std::move(*value));
    }
    rows.push_back(std::move(row));
  }
  if (!unpacker.is_at_end()) return std::nullopt;
  return rows;
}

}  // namespace imagemill
