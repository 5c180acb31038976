// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/batch_of_one.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "base/file_system.h"
#include "base/half.h"
#include "models/features.h"

namespace imagemill {
namespace {

// A TensorShapeProto.Dimension of as many bytes: "dim_value: 1", and "dim_param" without a name,
// which runtimes take for a side that may be any.
constexpr std::array kOneRow = {std::byte{0x08}, std::byte{0x01}};
constexpr std::array kAnyRows = {std::byte{0x12}, std::byte{0x00}};

constexpr float kTolerance = 1e-4f;

template <typename T>
void fill(std::span<std::byte> out, T (*element)(uint32_t bits)) {
  std::mt19937 random(1);
  std::generate_n(reinterpret_cast<T*>(out.data()), out.size() / sizeof(T),
                  [&] { return element(static_cast<uint32_t>(random())); });
}

// -2..2, as pictures have them once they are normalised.
float real_of(uint32_t bits) { return static_cast<float>(bits >> 8) * 0x1p-22f - 2; }
uint16_t half_of(uint32_t bits) { return float_to_half(real_of(bits)); }
uint8_t byte_of(uint32_t bits) { return static_cast<uint8_t>(bits >> 24); }

void fill_with_noise(ElementType type, std::span<std::byte> out) {
  if (type == ElementType::kF32) return fill(out, real_of);
  if (type == ElementType::kF16) return fill(out, half_of);
  fill(out, byte_of);
}

Result<std::vector<Tensor>> run(ModelRunner& model, std::span<const int64_t> row, int64_t rows,
                                std::span<std::byte> bytes, std::span<const size_t> outputs) {
  Shape shape{rows};
  shape.insert(shape.end(), row.begin(), row.end());
  const TensorView view{
      .type = model.signature().inputs.front().type, .shape = shape, .bytes = bytes};
  return model.run({&view, 1}, outputs);
}

bool is_near(std::span<const float> a, std::span<const float> b) {
  float largest = 1;
  for (const float value : a) largest = std::max(largest, std::abs(value));
  return std::ranges::equal(
      a, b, [&](float x, float y) { return std::abs(x - y) <= kTolerance * largest; });
}

// Whether row `index` of two is what came of it alone.
bool is_same_row(const Tensor& both, size_t index, const Tensor& alone) {
  if (both.shape.empty() || both.shape.front() != 2) return false;
  const auto values = numbers_of(both), row = numbers_of(alone);
  if (!values || !row) return false;
  const size_t width = values->size() / 2;
  return is_near(*row, std::span(*values).subspan(index * width, width));
}

}  // namespace

Result<Bytes> read_with_open_batch(const std::string& path, std::span<const uint64_t> sides,
                                   uint64_t bytes_max) {
  IMAGEMILL_ASSIGN_OR_RETURN(Bytes model, real_file_system().read(path, bytes_max));
  for (const uint64_t at : sides) {
    const bool is_there = at <= model.size() && model.size() - at >= kOneRow.size() &&
                          std::ranges::equal(std::span(model).subspan(at, kOneRow.size()), kOneRow);
    if (!is_there)
      return fail(Code::kCorruptInput,
                  "{}: byte {}: expected a first side of 1, the file has changed", path, at);
    std::ranges::copy(kAnyRows, model.begin() + static_cast<ptrdiff_t>(at));
  }
  return model;
}

Result<bool> gives_same_rows(ModelRunner& open, ModelRunner& single, std::span<const int64_t> row,
                             std::span<const size_t> outputs) {
  const ElementType type = single.signature().inputs.front().type;
  const size_t row_bytes = element_count(row).value_or(0) * element_bytes(type);
  std::vector<std::byte> pictures(2 * row_bytes);  // the first stays black
  fill_with_noise(type, std::span(pictures).last(row_bytes));
  const auto both = run(open, row, 2, pictures, outputs);
  if (!both && both.error().code() == Code::kResourceExhausted)
    return std::unexpected(both.error());
  if (!both) return false;
  for (size_t i = 0; i < 2; ++i) {
    IMAGEMILL_ASSIGN_OR_RETURN(
        const auto alone,
        run(single, row, 1, std::span(pictures).subspan(i * row_bytes, row_bytes), outputs));
    for (size_t output = 0; output < outputs.size(); ++output)
      if (!is_same_row((*both)[output], i, alone[output])) return false;
  }
  return true;
}

}  // namespace imagemill
