// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/depth.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernels/half.h"

namespace imagemill {
namespace {

constexpr float kFrac8White = 255.0f * 256.0f;

// Written so that NaN fails both comparisons and becomes 0.
float clamp01(float v) { return v > 0.0f ? (v < 1.0f ? v : 1.0f) : 0.0f; }

template <typename T>
T quantize(float v, float white) {
  return static_cast<T>(clamp01(v) * white + 0.5f);
}

}  // namespace

void load_row_f32(const void* in, SampleType type, float* out, size_t n) {
  switch (type) {
    case SampleType::kU8: {
      const auto* p = static_cast<const uint8_t*>(in);
      for (size_t i = 0; i < n; ++i) out[i] = static_cast<float>(p[i]) * (1.0f / 255.0f);
      return;
    }
    case SampleType::kU16: {
      const auto* p = static_cast<const uint16_t*>(in);
      for (size_t i = 0; i < n; ++i) out[i] = static_cast<float>(p[i]) * (1.0f / 65535.0f);
      return;
    }
    case SampleType::kF16: {
      const auto* p = static_cast<const uint16_t*>(in);
      for (size_t i = 0; i < n; ++i) out[i] = half_to_float(p[i]);
      return;
    }
    case SampleType::kF32:
      std::memcpy(out, in, n * sizeof(float));
      return;
  }
}

void store_row_f32(const float* in, SampleType type, void* out, size_t n) {
  switch (type) {
    case SampleType::kU8: {
      auto* p = static_cast<uint8_t*>(out);
      for (size_t i = 0; i < n; ++i) p[i] = quantize<uint8_t>(in[i], 255.0f);
      return;
    }
    case SampleType::kU16: {
      auto* p = static_cast<uint16_t*>(out);
      for (size_t i = 0; i < n; ++i) p[i] = quantize<uint16_t>(in[i], 65535.0f);
      return;
    }
    case SampleType::kF16: {
      auto* p = static_cast<uint16_t*>(out);
      for (size_t i = 0; i < n; ++i) p[i] = float_to_half(in[i]);
      return;
    }
    case SampleType::kF32:
      std::memcpy(out, in, n * sizeof(float));
      return;
  }
}

void store_row_frac8(const uint16_t* in, SampleType type, void* out, size_t n) {
  switch (type) {
    case SampleType::kU8: {
      auto* p = static_cast<uint8_t*>(out);
      for (size_t i = 0; i < n; ++i) p[i] = static_cast<uint8_t>(std::min((in[i] + 128) >> 8, 255));
      return;
    }
    case SampleType::kU16: {
      auto* p = static_cast<uint16_t*>(out);
      for (size_t i = 0; i < n; ++i)  // v / 256 * 257, rounded
        p[i] = static_cast<uint16_t>(std::min(in[i] + ((in[i] + 128) >> 8), 65535));
      return;
    }
    case SampleType::kF16: {
      auto* p = static_cast<uint16_t*>(out);
      for (size_t i = 0; i < n; ++i)
        p[i] = float_to_half(clamp01(static_cast<float>(in[i]) * (1.0f / kFrac8White)));
      return;
    }
    case SampleType::kF32: {
      auto* p = static_cast<float*>(out);
      for (size_t i = 0; i < n; ++i)
        p[i] = clamp01(static_cast<float>(in[i]) * (1.0f / kFrac8White));
      return;
    }
  }
}

Result<Image> convert_depth(const Image& src, SampleType type) {
  const SampleType from = src.format().sample;
  if (from == type) return src;
  PixelFormat format = src.format();
  format.sample = type;
  IMAGEMILL_ASSIGN_OR_RETURN(Image dst, Image::allocate(src.width(), src.height(), format));
  dst.color = src.color;
  std::vector<float> row(static_cast<size_t>(src.width()));
  for (int c = 0; c < src.channels(); ++c) {
    const bool chroma = format.model == ColorModel::kYCbCr && (c == 1 || c == 2);
    const float offset = chroma ? chroma_zero(type) - chroma_zero(from) : 0.0f;
    const auto n = static_cast<size_t>(src.plane(c).width);
    for (int y = 0; y < src.plane(c).height; ++y) {
      load_row_f32(src.plane(c).row<std::byte>(y), from, row.data(), n);
      for (size_t i = 0; i < n; ++i) row[i] += offset;
      store_row_f32(row.data(), type, dst.plane(c).row<std::byte>(y), n);
    }
  }
  return dst;
}

}  // namespace imagemill
