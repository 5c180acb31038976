// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "kernels/orient.h"
#include "kernels/test_pictures.h"

namespace imagemill {
namespace {

void orient(benchmark::State& state) {
  const Image src = noise_image(1600, 1200, ycbcr(SampleType::kU8, 1, 1));
  for (auto _ : state) {
    auto out = apply_orientation(src, static_cast<Orientation>(state.range(0)));
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(orient)->DenseRange(2, 8)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace imagemill
