// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The measures of a picture at the size they are taken.
#include <benchmark/benchmark.h>

#include "kernels/near_uniform.h"
#include "kernels/phash.h"
#include "kernels/sharpness.h"
#include "kernels/test_pictures.h"

namespace imagemill {
namespace {

void sharpness(benchmark::State& state) {
  const Image view = noise_image(512, 384, PixelFormat::gray());
  for (auto _ : state) benchmark::DoNotOptimize(laplacian_variance(view));
}
void spread_rgb(benchmark::State& state) {
  const Image view = noise_image(512, 384, PixelFormat::rgb());
  for (auto _ : state) benchmark::DoNotOptimize(channel_spread(view));
}
void phash_and_dhash(benchmark::State& state) {
  const Image view = noise_image(512, 384, PixelFormat::gray());
  Resizer resizer;
  for (auto _ : state) {
    benchmark::DoNotOptimize(phash(resizer, view));
    benchmark::DoNotOptimize(dhash(resizer, view));
  }
}

BENCHMARK(sharpness)->Unit(benchmark::kMicrosecond);
BENCHMARK(spread_rgb)->Unit(benchmark::kMicrosecond);
BENCHMARK(phash_and_dhash)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace imagemill
