// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/nearest_rows.h"

#include <algorithm>
#include <cmath>

namespace imagemill {
namespace {

// What an HNSW index was made of. It lies beside the index, and is written after it.
std::string stamp_of(const FileStat& stat) {
  return fmt::format("{} {} {}\n", stat.bytes, stat.mtime_ns, stat.inode);
}

std::string stamp_path(const std::string& index_path) { return index_path + ".of"; }

Result<HnswIndex> open_hnsw(const EmbeddedVectors::Part& part, const NearestOptions& options,
                            FileSystem& fs) {
  const std::string path = NearestRows::hnsw_path(part.npy_path, options.metric);
  IMAGEMILL_ASSIGN_OR_RETURN(const FileStat stat, fs.stat(part.npy_path));
  const std::string stamp = stamp_of(stat);
  const auto there = fs.read(stamp_path(path), 256);
  if (there && as_text(*there) == stamp) {
    auto index = HnswIndex::load(path);
    if (index && index->rows() == part.view.rows && index->dims() == part.view.dims &&
        index->metric() == options.metric)
      return index;
  }
  auto index = HnswIndex::build(part.view, {.metric = options.metric, .threads = options.threads});
  if (!index) return std::unexpected(std::move(index).error().with_context(part.npy_path));
  // Where it cannot be kept, it is made again the next time.
  if (there) (void)fs.remove(stamp_path(path));
  if (index->save(fs, path)) (void)write_file_atomically(fs, stamp_path(path), as_byte_span(stamp));
  return index;
}

Result<ExactSearch> open_exact(const EmbeddedVectors::Part& part, const NearestOptions& options,
                               FileSystem& fs) {
  const ExactSearchOptions search{.metric = options.metric, .threads = options.threads};
  if (!part.npy_path.empty()) {
    auto opened = ExactSearch::open(fs, part.npy_path, search);
    // A folder that cannot be written to is no reason not to search in it.
    const bool is_refused = !opened && (opened.error().code() == Code::kIoError ||
                                        opened.error().code() == Code::kResourceExhausted);
    if (!is_refused) return opened;
  }
  return ExactSearch::build(part.view, search);
}

}  // namespace

std::string NearestRows::hnsw_path(const std::string& npy_path, Metric metric) {
  return fmt::format("{}.{}.hnsw", npy_path, metric_name(metric));
}

Result<NearestRows> NearestRows::open(const EmbeddedVectors& vectors, const NearestOptions& options,
                                      FileSystem& fs) {
  NearestRows out(options.metric, vectors.dims());
  for (const EmbeddedVectors::Part& part : vectors.parts()) {
    Part opened{.first = part.first, .view = part.view};
    if (options.is_hnsw) {
      if (part.npy_path.empty())
        return fail(Code::kInvalidArgument,
                    "an HNSW index lies beside .npy files, and this output has none that hold what "
                    "its run found; search exactly, or embed into a folder with --output npy");
      IMAGEMILL_ASSIGN_OR_RETURN(HnswIndex index, open_hnsw(part, options, fs));
      opened.hnsw = std::make_unique<const HnswIndex>(std::move(index));
    } else if (part.view.rows * part.view.row_bytes() >= options.indexed_bytes) {
      IMAGEMILL_ASSIGN_OR_RETURN(ExactSearch exact, open_exact(part, options, fs));
      opened.exact = std::make_unique<const ExactSearch>(std::move(exact));
    }
    out.parts_.push_back(std::move(opened));
  }
  return out;
}

Result<std::vector<Neighbor>> NearestRows::search(std::span<const float> query, size_t k) const {
  if (parts_.empty()) return std::vector<Neighbor>();
  if (query.size() != dims_)
    return fail(Code::kInvalidArgument, "a vector of {} numbers, those of the output have {}",
                query.size(), dims_);
  if (!std::ranges::all_of(query, [](float value) { return std::isfinite(value); }))
    return fail(Code::kInvalidArgument, "a vector with a NaN or an infinity");
  std::vector<Neighbor> all;
  for (const Part& part : parts_) {
    IMAGEMILL_ASSIGN_OR_RETURN(const auto found,
                               search_part(part, query, std::min(k, part.view.rows)));
    for (const Neighbor& neighbor : found)
      all.push_back({neighbor.row + part.first, neighbor.score});
  }
  std::ranges::sort(all,
                    [&](const Neighbor& a, const Neighbor& b) { return is_nearer(metric_, a, b); });
  all.resize(std::min(all.size(), k));
  return all;
}

Result<std::vector<Neighbor>> NearestRows::search_part(const Part& part,
                                                       std::span<const float> query,
                                                       size_t k) const {
  if (part.hnsw) return part.hnsw->search(query, k, std::max(kHnswEf, 2 * k));
  if (part.exact) return part.exact->search(query, k);
  return ExactSearch::search_ref(part.view, metric_, query, k);
}

}  // namespace imagemill
