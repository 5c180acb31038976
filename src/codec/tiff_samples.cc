// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/tiff_samples.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace imagemill {
namespace {

// Samples of any width up to 32 bits, most significant bit first.
class BitReader {
 public:
  explicit BitReader(const std::byte* in) : in_(in) {}

  uint32_t read(int bits) {
    while (held_ < bits) {
      store_ = store_ << 8 | static_cast<uint8_t>(*in_++);
      held_ += 8;
    }
    held_ -= bits;
    return static_cast<uint32_t>(store_ >> held_ & ((uint64_t{1} << bits) - 1));
  }

 private:
  const std::byte* in_;
  uint64_t store_ = 0;
  int held_ = 0;
};

// Whole samples lie in the machine's order, others in bit order.
template <typename Each>
void for_each_sample(const std::byte* in, int bits, size_t count, const Each& each) {
  if (bits == 8) {
    for (size_t i = 0; i < count; ++i) each(i, static_cast<uint32_t>(in[i]));
  } else if (bits == 16) {
    for (size_t i = 0; i < count; ++i) {
      uint16_t v;
      std::memcpy(&v, in + 2 * i, 2);
      each(i, uint32_t{v});
    }
  } else if (bits == 32) {
    for (size_t i = 0; i < count; ++i) {
      uint32_t v;
      std::memcpy(&v, in + 4 * i, 4);
      each(i, v);
    }
  } else {
    BitReader reader(in);
    for (size_t i = 0; i < count; ++i) each(i, reader.read(bits));
  }
}

template <typename T>
void widen_integers(T* out, const std::byte* in, const TiffSamples& samples, size_t count) {
  constexpr uint32_t kOutMax = static_cast<T>(~T{0});
  const int bits = samples.bits;
  const uint32_t flip = samples.kind == TiffSampleKind::kSigned ? 1u << (bits - 1) : 0;
  if (bits > 16) {
    for_each_sample(in, bits, count, [&](size_t i, uint32_t v) {
      out[i] = static_cast<T>((v ^ flip) >> (bits - 16));
    });
    return;
  }
  const uint32_t max = (1u << bits) - 1;
  for_each_sample(in, bits, count, [&](size_t i, uint32_t v) {
    out[i] = static_cast<T>(((v ^ flip) * kOutMax + max / 2) / max);
  });
}

template <typename T>
void unpremultiply_as(const Image& image, T white) {
  const int alpha = image.alpha_channel();
  for (int c = 0; c < alpha; ++c)
    for (int y = 0; y < image.height(); ++y) {
      T* row = image.plane(c).row<T>(y);
      const T* a = image.plane(alpha).row<T>(y);
      for (int x = 0; x < image.width(); ++x) {
        if constexpr (std::is_floating_point_v<T>) {
          row[x] = a[x] > 0 ? row[x] / a[x] : T{0};
        } else {
          const uint32_t v = (uint32_t{row[x]} * white + a[x] / 2u) / std::max<uint32_t>(a[x], 1);
          row[x] = a[x] == 0 ? T{0} : static_cast<T>(std::min<uint32_t>(v, white));
        }
      }
    }
}

template <typename T>
void invert_as(const Plane& plane, T white) {
  for (int y = 0; y < plane.height; ++y) {
    T* row = plane.row<T>(y);
    for (int x = 0; x < plane.width; ++x) row[x] = static_cast<T>(white - row[x]);
  }
}

}  // namespace

std::optional<SampleType> tiff_sample_type(const TiffSamples& samples) {
  const int bits = samples.bits;
  if (samples.kind == TiffSampleKind::kFloat) {
    if (bits == 16) return SampleType::kF16;
    if (bits == 32 || bits == 64) return SampleType::kF32;
    return std::nullopt;
  }
  if (bits >= 1 && bits <= 8) return SampleType::kU8;
  if (bits <= 16 || bits == 32) return SampleType::kU16;
  return std::nullopt;
}

void widen_tiff_row(std::vector<std::byte>& out, const std::byte* in, const TiffSamples& samples,
                    int pixels) {
  const size_t count = static_cast<size_t>(pixels) * static_cast<size_t>(samples.per_pixel);
  const SampleType type = tiff_sample_type(samples).value_or(SampleType::kU8);
  out.resize(count * static_cast<size_t>(sample_bytes(type)));
  if (type == SampleType::kU8) {
    widen_integers(reinterpret_cast<uint8_t*>(out.data()), in, samples, count);
  } else if (type == SampleType::kU16) {
    widen_integers(reinterpret_cast<uint16_t*>(out.data()), in, samples, count);
  } else if (samples.bits == 64) {
    auto* to = reinterpret_cast<float*>(out.data());
    for (size_t i = 0; i < count; ++i) {
      double v;
      std::memcpy(&v, in + 8 * i, 8);
      to[i] = static_cast<float>(v);
    }
  } else {
    std::memcpy(out.data(), in, out.size());
  }
}

void read_tiff_indices(std::vector<uint16_t>& out, const std::byte* in, int bits, int pixels) {
  out.resize(static_cast<size_t>(pixels));
  for_each_sample(in, bits, out.size(),
                  [&](size_t i, uint32_t v) { out[i] = static_cast<uint16_t>(v); });
}

void unpremultiply(const Image& image) {
  switch (image.format().sample) {
    case SampleType::kU8:
      return unpremultiply_as<uint8_t>(image, 0xFF);
    case SampleType::kU16:
      return unpremultiply_as<uint16_t>(image, 0xFFFF);
    case SampleType::kF32:
      return unpremultiply_as<float>(image, 1);
    case SampleType::kF16:
      return;
  }
}

void invert(const Image& image, int channel) {
  const Plane& plane = image.plane(channel);
  switch (image.format().sample) {
    case SampleType::kU8:
      return invert_as<uint8_t>(plane, 0xFF);
    case SampleType::kU16:
      return invert_as<uint16_t>(plane, 0xFFFF);
    case SampleType::kF32:
      return invert_as<float>(plane, 1);
    case SampleType::kF16:
      return;
  }
}

}  // namespace imagemill
