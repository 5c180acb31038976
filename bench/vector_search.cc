// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What bench/search.py measures: a search that is loaded once and answers when asked, so that its
// rounds and those of another program can take turns.
//
//   vector_search exact X.npy QUERIES.npy K THREADS
//   vector_search hnsw X.npy QUERIES.npy K THREADS LINKS EF_CONSTRUCTION
//   vector_search hamming KIND COUNT RADIUS THREADS
//
// One JSON line when ready (seconds it took, bytes it holds); then for each line "one FIRST COUNT
// [EF]" or "batch FIRST COUNT [EF]" one with the seconds and the rows found. `hamming` answers
// once.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "vectors/exact_search.h"
#include "vectors/hamming_neighbors.h"
#include "vectors/hnsw_index.h"
#include "vectors/npy.h"

namespace imagemill {
namespace {

using Clock = std::chrono::steady_clock;
using Found = std::vector<std::vector<Neighbor>>;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Queries {
  std::vector<float> values;
  size_t dims;

  std::span<const float> rows(size_t first, size_t count) const {
    return std::span(values).subspan(first * dims, count * dims);
  }
};

Result<Queries> read_queries(const std::string& path) {
  IMAGEMILL_ASSIGN_OR_RETURN(const NpyFile file, NpyFile::open(path));
  const VectorView rows = file.rows();
  Queries out{std::vector<float>(rows.rows * rows.dims), rows.dims};
  for (size_t i = 0; i < rows.rows; ++i)
    rows.copy_row(i, std::span(out.values).subspan(i * rows.dims, rows.dims));
  return out;
}

using Answer = std::function<Result<Found>(bool is_batch, size_t first, size_t count, size_t ef)>;

Result<> serve(double seconds, size_t bytes, const Answer& answer) {
  fmt::print("{{\"seconds\": {}, \"bytes\": {}}}\n", seconds, bytes);
  std::fflush(stdout);
  std::string kind;
  size_t first, count, ef;
  while (std::cin >> kind >> first >> count >> ef) {
    const auto start = Clock::now();
    IMAGEMILL_ASSIGN_OR_RETURN(const Found found, answer(kind == "batch", first, count, ef));
    const double taken = seconds_since(start);
    std::vector<std::vector<uint64_t>> rows;
    for (const auto& neighbors : found) {
      rows.emplace_back();
      for (const Neighbor& neighbor : neighbors) rows.back().push_back(neighbor.row);
    }
    fmt::print("{{\"seconds\": {}, \"rows\": {}}}\n", taken, rows);
    std::fflush(stdout);
  }
  return {};
}

Result<> run_exact(const std::vector<std::string>& args) {
  IMAGEMILL_ASSIGN_OR_RETURN(const Queries queries, read_queries(args.at(1)));
  const size_t k = std::stoul(args.at(2));
  const auto start = Clock::now();
  IMAGEMILL_ASSIGN_OR_RETURN(
      const ExactSearch search,
      ExactSearch::open(real_file_system(), args.at(0), {.threads = std::stoi(args.at(3))}));
  return serve(seconds_since(start), search.prefilter_bytes(),
               [&](bool is_batch, size_t first, size_t count, size_t) -> Result<Found> {
                 if (is_batch) return search.search_batch(queries.rows(first, count), k);
                 Found out(count);
                 for (size_t i = 0; i < count; ++i) {
                   IMAGEMILL_ASSIGN_OR_RETURN(out[i], search.search(queries.rows(first + i, 1), k));
                 }
                 return out;
               });
}

Result<> run_hnsw(const std::vector<std::string>& args) {
  IMAGEMILL_ASSIGN_OR_RETURN(const Queries queries, read_queries(args.at(1)));
  IMAGEMILL_ASSIGN_OR_RETURN(const NpyFile file, NpyFile::open(args.at(0)));
  const size_t k = std::stoul(args.at(2));
  const auto start = Clock::now();
  IMAGEMILL_ASSIGN_OR_RETURN(
      const HnswIndex index,
      HnswIndex::build(file.rows(), {.links = std::stoul(args.at(4)),
                                     .ef_construction = std::stoul(args.at(5)),
                                     .threads = std::stoi(args.at(3))}));
  return serve(seconds_since(start), index.memory_bytes(),
               [&](bool, size_t first, size_t count, size_t ef) -> Result<Found> {
                 Found out(count);
                 for (size_t i = 0; i < count; ++i) {
                   IMAGEMILL_ASSIGN_OR_RETURN(out[i],
                                              index.search(queries.rows(first + i, 1), k, ef));
                 }
                 return out;
               });
}

// Kinds of collections: what pictures' hashes may be like, from kind to unkind.
std::vector<uint64_t> make_hashes(const std::string& kind, size_t count) {
  std::mt19937_64 random(1);
  const auto flipped = [&](uint64_t hash, size_t bits) {
    for (size_t i = 0; i < bits; ++i) hash ^= uint64_t{1} << random() % 64;
    return hash;
  };
  std::vector<uint64_t> out(count);
  for (size_t i = 0; i < count; ++i) {
    out[i] = i > 0 && random() % 3 == 0 ? flipped(out[random() % i], random() % 11) : random();
    if (kind == "random") out[i] = random();
    if (kind == "flat" && i % 5 == 0) out[i] = 0;
    if (kind == "nearly-flat" && i % 5 == 0) out[i] = flipped(0, random() % 9);
    if (kind == "crowd") out[i] = flipped(0, random() % 20);
  }
  return out;
}

Result<> run_hamming(const std::vector<std::string>& args) {
  const auto hashes = make_hashes(args.at(0), std::stoul(args.at(1)));
  const auto start = Clock::now();
  IMAGEMILL_ASSIGN_OR_RETURN(
      const auto groups,
      group_within(hashes, {.radius = std::stoi(args.at(2)), .threads = std::stoi(args.at(3))}));
  const double taken = seconds_since(start);
  size_t count = 0;
  for (size_t i = 0; i < groups.size(); ++i) count += groups[i] == i;
  fmt::print("{{\"seconds\": {}, \"groups\": {}}}\n", taken, count);
  return {};
}

Result<> run(const std::string& command, const std::vector<std::string>& args) {
  if (command == "exact") return run_exact(args);
  if (command == "hnsw") return run_hnsw(args);
  if (command == "hamming") return run_hamming(args);
  return fail(Code::kInvalidArgument, "no command '{}'", command);
}

}  // namespace
}  // namespace imagemill

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> args(argv + std::min(argc, 2), argv + argc);
    const auto done = imagemill::run(argc > 1 ? argv[1] : "", args);
    if (done) return 0;
    fmt::print(stderr, "vector_search: {}\n", done.error().to_string());
  } catch (const std::exception& error) {
    fmt::print(stderr, "vector_search: {}\n", error.what());
  }
  return 1;
}
