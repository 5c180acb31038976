// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a pipeline resizes: the planes of a scaled JPEG decode to a smaller JPEG or to a tensor.
#include <benchmark/benchmark.h>

#include "kernels/resize.h"
#include "kernels/test_pictures.h"

namespace imagemill {
namespace {

constexpr PixelFormat kYcbcr444{SampleType::kU8, ColorModel::kYCbCr, false, 0, 0};
constexpr PixelFormat kYcbcr420{SampleType::kU8, ColorModel::kYCbCr, false, 1, 1};

void run(benchmark::State& state, Size from, PixelFormat from_format, Size to,
         PixelFormat to_format) {
  const Image src = noise_image(from.width, from.height, from_format);
  Resizer resizer;
  ResizeTarget target;
  target.width = to.width;
  target.height = to.height;
  target.format = to_format;
  for (auto _ : state) {
    auto out = resizer.resize(src, target, ResizeKernel::kLanczos3);
    benchmark::DoNotOptimize(out);
  }
}

void resize_420_to_420(benchmark::State& state) {
  run(state, {704, 528}, kYcbcr420, {640, 480}, kYcbcr420);
}
void resize_444_to_420(benchmark::State& state) {
  run(state, {704, 528}, kYcbcr444, {640, 480}, kYcbcr420);
}
void resize_444_to_rgb_f32(benchmark::State& state) {
  run(state, {704, 528}, kYcbcr444, {224, 224}, PixelFormat::rgb(SampleType::kF32));
}
void resize_420_to_rgb8(benchmark::State& state) {
  run(state, {704, 528}, kYcbcr420, {640, 480}, PixelFormat::rgb());
}
void resize_420_to_rgb_f32(benchmark::State& state) {
  run(state, {704, 528}, kYcbcr420, {640, 480}, PixelFormat::rgb(SampleType::kF32));
}
void resize_rgb8(benchmark::State& state) {
  run(state, {2000, 1500}, PixelFormat::rgb(), {640, 480}, PixelFormat::rgb());
}
void resize_rgb16(benchmark::State& state) {
  run(state, {2000, 1500}, PixelFormat::rgb(SampleType::kU16), {640, 480},
      PixelFormat::rgb(SampleType::kU16));
}
void resize_rgba8(benchmark::State& state) {
  run(state, {2000, 1500}, PixelFormat::rgb(SampleType::kU8, true), {640, 480},
      PixelFormat::rgb(SampleType::kU8, true));
}
void resize_new_geometry(benchmark::State& state) {  // the cost of building a graph
  const Image src = noise_image(704, 528, PixelFormat::gray());
  for (auto _ : state) {
    Resizer resizer;
    ResizeTarget target;
    target.width = 640;
    target.height = 480;
    target.format = PixelFormat::gray();
    auto out = resizer.resize(src, target, ResizeKernel::kLanczos3);
    benchmark::DoNotOptimize(out);
  }
}

BENCHMARK(resize_420_to_420)->Unit(benchmark::kMicrosecond);
BENCHMARK(resize_444_to_420)->Unit(benchmark::kMicrosecond);
BENCHMARK(resize_444_to_rgb_f32)->Unit(benchmark::kMicrosecond);
BENCHMARK(resize_420_to_rgb8)->Unit(benchmark::kMicrosecond);
BENCHMARK(resize_420_to_rgb_f32)->Unit(benchmark::kMicrosecond);
BENCHMARK(resize_rgb8)->Unit(benchmark::kMicrosecond);
BENCHMARK(resize_rgb16)->Unit(benchmark::kMicrosecond);
BENCHMARK(resize_rgba8)->Unit(benchmark::kMicrosecond);
BENCHMARK(resize_new_geometry)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace imagemill
