// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a profile costs on the small picture of prepare.
#include <benchmark/benchmark.h>

#include "kernels/color_convert.h"
#include "kernels/color_profile.h"

namespace imagemill {
namespace {

constexpr int kWidth = 640;
constexpr int kHeight = 480;

Image noise(PixelFormat format) {
  Image image = Image::allocate(kWidth, kHeight, format).value();
  uint32_t state = 1;
  for (int c = 0; c < image.channels(); ++c)
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth * sample_bytes(format.sample); ++x)
        image.plane(c).row<uint8_t>(y)[x] =
            static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  return image;
}

void run(benchmark::State& state, const ColorSpace& space, SampleType in, SampleType out) {
  const Image image = noise(PixelFormat::rgb(in));
  const auto transform = ColorTransform::make(image.format(), space, {.sample = out}).value();
  for (auto _ : state) benchmark::DoNotOptimize(transform->apply(image));
  state.SetItemsProcessed(state.iterations() * kWidth * kHeight);
}

ColorSpace coded(TransferFunction transfer, Primaries primaries) {
  ColorSpace space;
  space.transfer = transfer;
  space.primaries = primaries;
  return space;
}

ColorSpace display_p3() {
  ColorSpace space;
  space.icc = std::make_shared<const Bytes>(
      make_icc_profile(Primaries::kDisplayP3, TransferFunction::kSrgb).value());
  return space;
}

void BM_display_p3_u8(benchmark::State& state) {
  run(state, display_p3(), SampleType::kU8, SampleType::kU8);
}
BENCHMARK(BM_display_p3_u8);

void BM_display_p3_u16(benchmark::State& state) {
  run(state, display_p3(), SampleType::kU16, SampleType::kU16);
}
BENCHMARK(BM_display_p3_u16);

void BM_pq_u16_to_u8(benchmark::State& state) {
  run(state, coded(TransferFunction::kPq, Primaries::kBt2020), SampleType::kU16, SampleType::kU8);
}
BENCHMARK(BM_pq_u16_to_u8);

// The same pixels through Little CMS, interleaved: what the matrix path replaces.
void BM_display_p3_u8_lcms(benchmark::State& state) {
  const auto profile = ColorProfile::open(*display_p3().icc);
  const auto transform = profile->transform(SampleType::kU8, SampleType::kU8).value();
  std::vector<uint8_t> in(size_t{kWidth} * kHeight * 3), out(in.size());
  uint32_t seed = 1;
  for (uint8_t& v : in) v = static_cast<uint8_t>((seed = seed * 1664525 + 1013904223) >> 24);
  for (auto _ : state) {
    transform->pixels(out.data(), in.data(), kWidth * kHeight);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * kWidth * kHeight);
}
BENCHMARK(BM_display_p3_u8_lcms);

void BM_make_from_profile(benchmark::State& state) {
  const ColorSpace space = display_p3();
  for (auto _ : state)
    benchmark::DoNotOptimize(ColorTransform::make(PixelFormat::rgb(), space, {}));
}
BENCHMARK(BM_make_from_profile);

}  // namespace
}  // namespace imagemill
