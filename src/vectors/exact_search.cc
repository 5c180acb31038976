// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Each thread takes blocks of rows and keeps, of each query, the k best lower bounds so far: what
// cannot reach the least of them is out. Of the rest, only those are looked at more closely at once
// that are among the k most promising so far; the others wait, for when a search meets what it is
// after depends on the order of the rows, and most of them are out by then. What cannot reach the
// k-th best of all threads is out in the end; what is left is compared exactly.
#include "vectors/exact_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "vectors/distance.h"
#include "vectors/fork_join.h"
#include "vectors/prefilter_scan.h"

namespace imagemill {
namespace {

// Starting a thread must be worth it: about 0.2 ms of one thread's work.
constexpr size_t kBytesPerThread = 4 << 20;
// Blocks that a thread takes at once.
constexpr size_t kGrain = 16;

// The k largest numbers seen.
class LargestValues {
 public:
  explicit LargestValues(size_t k) : k_(k) {}

  void add(float value) {
    if (heap_.size() == k_) {
      if (value <= heap_.front()) return;
      std::ranges::pop_heap(heap_, std::greater());
      heap_.pop_back();
    }
    heap_.push_back(value);
    std::ranges::push_heap(heap_, std::greater());
  }
  // No threshold before there are k.
  float least() const {
    return heap_.size() == k_ ? heap_.front() : -std::numeric_limits<float>::infinity();
  }
  std::span<const float> values() const { return heap_; }

 private:
  size_t k_;
  std::vector<float> heap_;
};

struct Candidate {
  uint64_t row;
  float upper;
};

// What one thread knows about one query.
class Scan {
 public:
  // Of many queries at once the lists of rows that wait would cost more than they save.
  Scan(size_t k, bool lets_wait) : lets_wait_(lets_wait), lower_bounds_(k), promising_(k) {}

  float threshold() const { return lower_bounds_.least(); }
  const LargestValues& lower_bounds() const { return lower_bounds_; }
  std::span<const Candidate> candidates() const { return candidates_; }

  void take(const Prefilter& prefilter, size_t block, const PrefilterQuery& query,
            std::span<const ScanHit> hits) {
    for (const ScanHit& hit : hits) {
      const Waiting row{block * kPrefilterBlockRows + hit.row, hit.sum, hit.upper};
      if (row.row >= prefilter.key().rows) return;
      if (!lets_wait_ || hit.upper > promising_.least()) {
        if (lets_wait_) promising_.add(hit.upper);
        look_closer(prefilter, row, query);
      } else {
        waiting_.push_back(row);
      }
    }
  }

  // Those that wait and may still reach `threshold`, a lower bound on the k-th best.
  void settle(const Prefilter& prefilter, const PrefilterQuery& query, float threshold) {
    for (const Waiting& waiting : waiting_)
      if (waiting.upper >= std::max(threshold, lower_bounds_.least()))
        look_closer(prefilter, waiting, query);
  }

 private:
  struct Waiting {
    uint64_t row;
    int32_t sum;
    float upper;
  };

  void look_closer(const Prefilter& prefilter, const Waiting& row, const PrefilterQuery& query) {
    const auto in_block = static_cast<uint32_t>(row.row % kPrefilterBlockRows);
    const RankBounds bounds = rank_bounds(prefilter, row.row / kPrefilterBlockRows, query,
                                          {in_block, row.sum, row.upper});
    if (bounds.upper < lower_bounds_.least()) return;
    lower_bounds_.add(bounds.lower);
    candidates_.push_back({row.row, bounds.upper});
  }

  bool lets_wait_;
  LargestValues lower_bounds_;
  LargestValues promising_;  // upper bounds by the upper bits
  std::vector<Candidate> candidates_;
  std::vector<Waiting> waiting_;
};

void scan(const Prefilter& prefilter, size_t block, std::span<const PrefilterQuery> queries,
          std::span<Scan> scans) {
  std::array<std::array<ScanHit, kPrefilterBlockRows>, kScanQueries> hits;
  size_t q = 0;
  for (; q + kScanQueries <= queries.size(); q += kScanQueries) {
    std::array<size_t, kScanQueries> counts;
    scan_block(prefilter, block, {&queries[q], &queries[q + 1], &queries[q + 2], &queries[q + 3]},
               {scans[q].threshold(), scans[q + 1].threshold(), scans[q + 2].threshold(),
                scans[q + 3].threshold()},
               {hits[0].data(), hits[1].data(), hits[2].data(), hits[3].data()}, counts);
    for (size_t i = 0; i < kScanQueries; ++i)
      scans[q + i].take(prefilter, block, queries[q + i], {hits[i].data(), counts[i]});
  }
  for (; q < queries.size(); ++q) {
    const size_t count =
        scan_block(prefilter, block, queries[q], scans[q].threshold(), hits[0].data());
    scans[q].take(prefilter, block, queries[q], {hits[0].data(), count});
  }
}

// One query against rows, with the scores that decide.
class ExactScores {
 public:
  ExactScores(VectorView rows, Metric metric, std::span<const float> query)
      : rows_(rows),
        metric_(metric),
        query_(query),
        length_(std::sqrt(dot_f64(query, query))),
        row_(rows.dims) {}

  Neighbor neighbor(uint64_t row) {
    rows_.copy_row(row, row_);
    if (metric_ == Metric::kL2) return {row, squared_l2_f64(query_, row_)};
    const double lengths = length_ * std::sqrt(dot_f64(row_, row_));
    return {row, lengths > 0 ? dot_f64(query_, row_) / lengths : 0};
  }

 private:
  VectorView rows_;
  Metric metric_;
  std::span<const float> query_;
  double length_;
  std::vector<float> row_;
};

void keep_nearest(std::vector<Neighbor>& neighbors, Metric metric, size_t k) {
  const auto nearer = [&](const Neighbor& a, const Neighbor& b) { return is_nearer(metric, a, b); };
  k = std::min(k, neighbors.size());
  std::ranges::partial_sort(neighbors, neighbors.begin() + static_cast<ptrdiff_t>(k), nearer);
  neighbors.resize(k);
}

// At most the k-th best rank of all rows.
float threshold_of(std::span<Scan* const> scans, size_t k) {
  LargestValues lower_bounds(k);
  for (const Scan* scan : scans)
    for (const float bound : scan->lower_bounds().values()) lower_bounds.add(bound);
  return lower_bounds.least();
}

// What the scans of all threads have left of one query.
std::vector<Neighbor> compare(std::span<Scan* const> scans, VectorView rows, Metric metric,
                              std::span<const float> query, size_t k) {
  const float threshold = threshold_of(scans, k);
  ExactScores scores(rows, metric, query);
  std::vector<Neighbor> out;
  for (const Scan* scan : scans)
    for (const Candidate& candidate : scan->candidates())
      if (candidate.upper >= threshold) out.push_back(scores.neighbor(candidate.row));
  keep_nearest(out, metric, k);
  return out;
}

Result<> check_queries(std::span<const float> queries, size_t dims) {
  if (queries.size() % dims != 0)
    return fail(Code::kInvalidArgument, "search: {} numbers are no queries of {} dimensions",
                queries.size(), dims);
  for (size_t i = 0; i < queries.size(); ++i)
    if (!std::isfinite(queries[i]))
      return fail(Code::kInvalidArgument, "search: query {} has {} at dimension {}", i / dims,
                  queries[i], i % dims);
  return {};
}

}  // namespace

std::string ExactSearch::prefilter_path(const std::string& npy_path, Metric metric) {
  return fmt::format("{}.{}.prefilter", npy_path, metric_name(metric));
}

Result<ExactSearch> ExactSearch::build(VectorView rows, const ExactSearchOptions& options) {
  if (rows.dims < 1 || rows.dims > kMaxVectorDims)
    return fail(Code::kInvalidArgument, "search: vectors of {} dimensions, expected 1 to {}",
                rows.dims, kMaxVectorDims);
  IMAGEMILL_ASSIGN_OR_RETURN(Prefilter prefilter,
                             Prefilter::build(rows, options.metric, options.threads));
  return ExactSearch(nullptr, rows, std::move(prefilter), options.threads);
}

Result<ExactSearch> ExactSearch::open(FileSystem& fs, const std::string& npy_path,
                                      const ExactSearchOptions& options) {
  IMAGEMILL_ASSIGN_OR_RETURN(NpyFile file, NpyFile::open(npy_path));
  const VectorView rows = file.rows();
  const PrefilterKey key{.metric = options.metric,
                         .type = rows.type,
                         .rows = rows.rows,
                         .dims = rows.dims,
                         .source_bytes = file.stat().bytes,
                         .source_mtime_ns = file.stat().mtime_ns,
                         .source_inode = file.stat().inode};
  const std::string path = prefilter_path(npy_path, options.metric);
  auto prefilter = Prefilter::open(path, key, options.threads);
  if (!prefilter && (prefilter.error().code() == Code::kNotFound ||
                     prefilter.error().code() == Code::kCorruptInput)) {
    auto written = Prefilter::write(fs, path, rows, key, options.threads);
    if (!written) return std::unexpected(std::move(written).error().with_context(npy_path));
    prefilter = Prefilter::open(path, key, options.threads);
  }
  if (!prefilter) return std::unexpected(std::move(prefilter).error());
  return ExactSearch(std::make_unique<const NpyFile>(std::move(file)), rows, std::move(*prefilter),
                     options.threads);
}

Result<std::vector<Neighbor>> ExactSearch::search(std::span<const float> query, size_t k) const {
  if (query.size() != rows_.dims)
    return fail(Code::kInvalidArgument, "search: a query of {} dimensions, expected {}",
                query.size(), rows_.dims);
  IMAGEMILL_ASSIGN_OR_RETURN(auto found, search_batch(query, k));
  return std::move(found[0]);
}

Result<std::vector<std::vector<Neighbor>>> ExactSearch::search_batch(std::span<const float> queries,
                                                                     size_t k) const {
  IMAGEMILL_TRY(check_queries(queries, rows_.dims));
  const size_t count = queries.size() / rows_.dims;
  std::vector<std::vector<Neighbor>> out(count);
  k = std::min(k, rows_.rows);
  if (k == 0 || count == 0) return out;

  std::vector<PrefilterQuery> prepared;
  prepared.reserve(count);
  for (size_t q = 0; q < count; ++q)
    prepared.emplace_back(prefilter_, queries.subspan(q * rows_.dims, rows_.dims));
  const size_t worth = 1 + rows_.rows * rows_.dims / 2 * count / kBytesPerThread;
  const int threads = static_cast<int>(std::min(thread_count(threads_), worth));
  std::vector<std::vector<Scan>> scans(static_cast<size_t>(threads),
                                       std::vector<Scan>(count, Scan(k, count < kScanQueries)));
  for_ranges(prefilter_.blocks(), kGrain, threads, [&](size_t worker, size_t begin, size_t end) {
    for (size_t block = begin; block < end; ++block)
      scan(prefilter_, block, prepared, scans[worker]);
  });
  std::vector<std::vector<Scan*>> of_query(count);
  std::vector<float> thresholds(count);
  for (size_t q = 0; q < count; ++q) {
    for (auto& of_thread : scans) of_query[q].push_back(&of_thread[q]);
    thresholds[q] = threshold_of(of_query[q], k);
  }
  for_ranges(scans.size() * count, 1, threads, [&](size_t, size_t i, size_t) {
    const size_t q = i % count;
    of_query[q][i / count]->settle(prefilter_, prepared[q], thresholds[q]);
  });
  for_ranges(count, 1, threads, [&](size_t, size_t q, size_t) {
    out[q] = compare(of_query[q], rows_, prefilter_.key().metric,
                     queries.subspan(q * rows_.dims, rows_.dims), k);
  });
  return out;
}

std::vector<Neighbor> ExactSearch::search_ref(VectorView rows, Metric metric,
                                              std::span<const float> query, size_t k) {
  ExactScores scores(rows, metric, query);
  std::vector<Neighbor> out;
  out.reserve(rows.rows);
  for (uint64_t row = 0; row < rows.rows; ++row) out.push_back(scores.neighbor(row));
  keep_nearest(out, metric, k);
  return out;
}

}  // namespace imagemill
