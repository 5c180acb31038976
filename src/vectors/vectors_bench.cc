// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The loops that searching and grouping spend their time in. Bytes a second of a scan are those of
// the prefilter that it reads.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "vectors/distance.h"
#include "vectors/exact_search.h"
#include "vectors/hamming_kernel.h"
#include "vectors/prefilter_scan.h"
#include "vectors/rotation.h"

namespace imagemill {
namespace {

std::vector<float> random_values(size_t size) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> out(size);
  for (float& value : out) value = normal(random);
  return out;
}

void dot_f32(benchmark::State& state) {
  const auto values = random_values(1024);
  const auto a = std::span(values).first(512), b = std::span(values).last(512);
  for (auto _ : state) benchmark::DoNotOptimize(dot(a, b));
}
BENCHMARK(dot_f32);

void dot_in_double(benchmark::State& state) {
  const auto values = random_values(1024);
  const auto a = std::span(values).first(512), b = std::span(values).last(512);
  for (auto _ : state) benchmark::DoNotOptimize(dot_f64(a, b));
}
BENCHMARK(dot_in_double);

void rotate_512(benchmark::State& state) {
  auto values = random_values(512);
  const Rotation rotation(512);
  for (auto _ : state) {
    rotation.apply(values);
    benchmark::DoNotOptimize(values.data());
  }
}
BENCHMARK(rotate_512);

// From memory when range(0) rows do not fit the caches.
void scan_queries(benchmark::State& state, size_t queries) {
  const auto rows = static_cast<size_t>(state.range(0));
  const auto values = random_values(rows * 512);
  const auto prefilter = Prefilter::build(VectorView::of(values, 512), Metric::kCosine, 0);
  if (!prefilter) return state.SkipWithError("no prefilter");
  const PrefilterQuery query(*prefilter, std::span(values).first(512));
  const std::array<const PrefilterQuery*, kScanQueries> all{&query, &query, &query, &query};
  const std::array<float, kScanQueries> thresholds{2, 2, 2, 2};  // out of reach
  std::array<std::array<ScanHit, kPrefilterBlockRows>, kScanQueries> hits;
  std::array<size_t, kScanQueries> counts{};
  for (auto _ : state)
    for (size_t block = 0; block < prefilter->blocks(); ++block) {
      if (queries == 1)
        counts[0] = scan_block(*prefilter, block, query, thresholds[0], hits[0].data());
      else
        scan_block(*prefilter, block, all, thresholds,
                   {hits[0].data(), hits[1].data(), hits[2].data(), hits[3].data()}, counts);
      benchmark::DoNotOptimize(counts);
    }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * rows * (256 + 12)));
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * rows * queries));
}
BENCHMARK_CAPTURE(scan_queries, one, 1)->Arg(4096)->Arg(200'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(scan_queries, four, 4)->Arg(4096)->Arg(200'000)->Unit(benchmark::kMillisecond);

void near_pairs_of_a_tile(benchmark::State& state) {
  const auto count = static_cast<size_t>(state.range(0));
  std::mt19937_64 random(1);
  std::vector<uint64_t> hashes(2 * count + kHammingPadding);
  for (uint64_t& hash : hashes) hash = random();
  std::vector<TileHit> hits(count * count);
  for (auto _ : state)
    benchmark::DoNotOptimize(
        near_pairs(hashes.data(), count, hashes.data() + count, count, 10, hits.data()));
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * count * count));
}
BENCHMARK(near_pairs_of_a_tile)->Arg(15)->Arg(64);

}  // namespace
}  // namespace imagemill
