// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/matrix_shaper.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "kernels/samples.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/matrix_shaper.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace imagemill::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// In place. The rows are aligned and padded to whole vectors.
void mix_channels(const float* m, float* r, float* g, float* b, size_t count) {
  const hn::ScalableTag<float> d;
  // Products and sums apart: fused ones would make the picture depend on the CPU.
  const auto row = [&](const float* k, auto vr, auto vg, auto vb) HWY_ATTR {
    return hn::Add(hn::Mul(vr, hn::Set(d, k[0])),
                   hn::Add(hn::Mul(vg, hn::Set(d, k[1])), hn::Mul(vb, hn::Set(d, k[2]))));
  };
  for (size_t i = 0; i < count; i += hn::Lanes(d)) {
    const auto vr = hn::Load(d, r + i);
    const auto vg = hn::Load(d, g + i);
    const auto vb = hn::Load(d, b + i);
    hn::Store(row(m, vr, vg, vb), d, r + i);
    hn::Store(row(m + 3, vr, vg, vb), d, g + i);
    hn::Store(row(m + 6, vr, vg, vb), d, b + i);
  }
}

// Rounds scale * clamp(x, 0, 1); a NaN becomes 0.
void quantize(int32_t* out, const float* x, float scale, size_t count) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const auto zero = hn::Zero(d);
  for (size_t i = 0; i < count; i += hn::Lanes(d)) {
    const auto v = hn::Load(d, x + i);
    const auto clipped = hn::IfThenElseZero(hn::Gt(v, zero), hn::Min(v, hn::Set(d, 1.0f)));
    hn::Store(hn::NearestInt(hn::Mul(clipped, hn::Set(d, scale))), di, out + i);
  }
}

}  // namespace imagemill::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace imagemill {
namespace {

HWY_EXPORT(mix_channels);
HWY_EXPORT(quantize);

constexpr int kBlock = 256;

// Steps of the encoding tables. sRGB is steepest at 0: 12.92 * 255 / 16384 = 0.2 of an 8-bit code a
// step, so the nearest entry is at most 0.1 off; 16 bits interpolate, 0.1 of a code off at most.
constexpr int kEncodeSteps = 16384;

const std::vector<uint8_t>& encode_u8_table() {
  static const auto table = [] {
    std::vector<uint8_t> out(kEncodeSteps + 1);
    for (int i = 0; i <= kEncodeSteps; ++i)
      out[static_cast<size_t>(i)] = static_cast<uint8_t>(
          std::lround(255 * linear_to_srgb(static_cast<double>(i) / kEncodeSteps)));
    return out;
  }();
  return table;
}

const std::vector<float>& encode_u16_table() {
  static const auto table = [] {
    std::vector<float> out(kEncodeSteps + 2);
    for (int i = 0; i <= kEncodeSteps + 1; ++i)
      out[static_cast<size_t>(i)] = static_cast<float>(
          65535 * linear_to_srgb(std::min(1.0, static_cast<double>(i) / kEncodeSteps)));
    return out;
  }();
  return table;
}

double clipped(double x) { return x > 0 ? std::min(x, 1.0) : 0.0; }

}  // namespace

// 32 octaves from 2^-24 to 2^8 with 64 steps each.
namespace log_table {
constexpr int kStepBits = 6;
constexpr int kShift = 23 - kStepBits;
constexpr int kFirstExponent = -24;
constexpr int kLastExponent = 8;
constexpr uint32_t kFirst = static_cast<uint32_t>(127 + kFirstExponent) << kStepBits;
constexpr uint32_t kSteps = static_cast<uint32_t>(kLastExponent - kFirstExponent) << kStepBits;
}  // namespace log_table

MatrixShaper::LogTable::LogTable(const std::function<double(double)>& f)
    : values(log_table::kSteps + 1) {
  for (uint32_t i = 0; i <= log_table::kSteps; ++i)
    values[i] =
        static_cast<float>(f(std::bit_cast<float>((log_table::kFirst + i) << log_table::kShift)));
}

float MatrixShaper::LogTable::operator()(float x) const {
  using namespace log_table;
  constexpr float kLow = 0x1p-24f;
  constexpr float kHigh = 0x1.fffffep7f;
  const auto bits = std::bit_cast<uint32_t>(x > kLow ? std::min(x, kHigh) : kLow);
  const uint32_t index = (bits >> kShift) - kFirst;
  const float fraction = static_cast<float>(bits & ((1u << kShift) - 1)) / (1u << kShift);
  return values[index] + fraction * (values[index + 1] - values[index]);
}

MatrixShaper::MatrixShaper(MatrixShaperSpec spec) : spec_(std::move(spec)) {
  std::ranges::transform(spec_.matrix, matrix_.begin(),
                         [](double v) { return static_cast<float>(v); });
  matrix_is_identity_ = matrix_ == std::array<float, 9>{1, 0, 0, 0, 1, 0, 0, 0, 1};
  if (spec_.curves_are_equal) spec_.curves[1] = spec_.curves[2] = spec_.curves[0];
  if (spec_.is_hlg) hlg_gain_ = LogTable(hlg_display_gain);
  if (spec_.is_tone_mapped) tone_gain_ = LogTable([](double x) { return tone_map(x) / x; });
  if (is_float(spec_.in)) return;
  const size_t codes = spec_.in == SampleType::kU8 ? 256 : 65536;
  for (size_t c = 0; c < 3; ++c) {
    if (c > 0 && spec_.curves_are_equal) {
      decode_tables_[c] = decode_tables_[0];
      continue;
    }
    auto table = std::make_shared<std::vector<float>>(codes);
    for (size_t i = 0; i < codes; ++i) {
      const double encoded = static_cast<double>(i) / static_cast<double>(codes - 1);
      (*table)[i] = static_cast<float>(spec_.curves[c] ? spec_.curves[c](encoded) : encoded);
    }
    // Profiles say the same curve three times; one copy leaves more of the cache.
    if (c > 0 && *table == *decode_tables_[0])
      decode_tables_[c] = decode_tables_[0];
    else
      decode_tables_[c] = std::move(table);
  }
}

void MatrixShaper::decode(float* out, const void* in, size_t channel, int begin, int count) const {
  if (spec_.in == SampleType::kU8) {
    const float* table = decode_tables_[channel]->data();
    const auto* row = static_cast<const uint8_t*>(in) + begin;
    for (int i = 0; i < count; ++i) out[i] = table[row[i]];
  } else if (spec_.in == SampleType::kU16) {
    const float* table = decode_tables_[channel]->data();
    const auto* row = static_cast<const uint16_t*>(in) + begin;
    for (int i = 0; i < count; ++i) out[i] = table[row[i]];
  } else {
    const Curve& curve = spec_.curves[channel];
    for (int i = 0; i < count; ++i) {
      const double value = unit_value(in, spec_.in, begin + i);
      out[i] = static_cast<float>(curve ? curve(value) : value);
    }
  }
}

void MatrixShaper::render_hdr(float* r, float* g, float* b, int count) const {
  const auto& y = spec_.luminance;
  for (int i = 0; i < count; ++i) {
    float gain = 1;
    if (spec_.is_hlg)
      gain = hlg_gain_(static_cast<float>(y[0]) * r[i] + static_cast<float>(y[1]) * g[i] +
                       static_cast<float>(y[2]) * b[i]);
    // One gain for the three channels keeps the hue.
    if (spec_.is_tone_mapped) gain *= tone_gain_(gain * std::max({r[i], g[i], b[i]}));
    r[i] *= gain;
    g[i] *= gain;
    b[i] *= gain;
  }
}

void MatrixShaper::encode(void* out, const float* linear, int begin, int count) const {
  alignas(64) int32_t index[kBlock];
  if (spec_.out == SampleType::kU8) {
    HWY_DYNAMIC_DISPATCH(quantize)(index, linear, kEncodeSteps, static_cast<size_t>(count));
    const uint8_t* table = encode_u8_table().data();
    uint8_t* row = static_cast<uint8_t*>(out) + begin;
    for (int i = 0; i < count; ++i) row[i] = table[index[i]];
  } else if (spec_.out == SampleType::kU16) {
    const float* table = encode_u16_table().data();
    uint16_t* row = static_cast<uint16_t*>(out) + begin;
    for (int i = 0; i < count; ++i) {
      const float at = (linear[i] > 0 ? std::min(linear[i], 1.0f) : 0.0f) * kEncodeSteps;
      const int step = static_cast<int>(at);
      const float low = table[step];
      row[i] = static_cast<uint16_t>(
          low + (at - static_cast<float>(step)) * (table[step + 1] - low) + 0.5f);
    }
  } else {
    std::copy_n(linear, count, static_cast<float*>(out) + begin);
  }
}

void MatrixShaper::row(const OutRow& out, const InRow& in, int width) const {
  alignas(64) float linear[3][kBlock] = {};
  for (int begin = 0; begin < width; begin += kBlock) {
    const int count = std::min(kBlock, width - begin);
    for (size_t c = 0; c < 3; ++c) decode(linear[c], in[c], c, begin, count);
    if (spec_.is_hlg || spec_.is_tone_mapped) render_hdr(linear[0], linear[1], linear[2], count);
    if (!matrix_is_identity_) HWY_DYNAMIC_DISPATCH(mix_channels)
    (matrix_.data(), linear[0], linear[1], linear[2], static_cast<size_t>(count));
    for (size_t c = 0; c < 3; ++c)
      if (out[c] != nullptr) encode(out[c], linear[c], begin, count);
  }
}

void MatrixShaper::row_ref(const OutRow& out, const InRow& in, int width) const {
  for (int x = 0; x < width; ++x) {
    std::array<double, 3> v{};
    for (size_t c = 0; c < 3; ++c) {
      v[c] = unit_value(in[c], spec_.in, x);
      if (spec_.curves[c]) v[c] = spec_.curves[c](v[c]);
    }
    double gain = 1;
    if (spec_.is_hlg)
      gain = hlg_display_gain(spec_.luminance[0] * v[0] + spec_.luminance[1] * v[1] +
                              spec_.luminance[2] * v[2]);
    const double peak = gain * std::max({v[0], v[1], v[2]});
    if (spec_.is_tone_mapped && peak > 0) gain *= tone_map(peak) / peak;
    for (size_t c = 0; c < 3; ++c) {
      if (out[c] == nullptr) continue;
      const double linear = gain * (spec_.matrix[3 * c] * v[0] + spec_.matrix[3 * c + 1] * v[1] +
                                    spec_.matrix[3 * c + 2] * v[2]);
      if (spec_.out == SampleType::kU8)
        static_cast<uint8_t*>(out[c])[x] =
            static_cast<uint8_t>(std::lround(255 * linear_to_srgb(clipped(linear))));
      else if (spec_.out == SampleType::kU16)
        static_cast<uint16_t*>(out[c])[x] =
            static_cast<uint16_t>(std::lround(65535 * linear_to_srgb(clipped(linear))));
      else
        static_cast<float*>(out[c])[x] = static_cast<float>(linear);
    }
  }
}

}  // namespace imagemill
#endif  // HWY_ONCE
