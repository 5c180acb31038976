// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/search.h"

#include <algorithm>
#include <cmath>

#include "engine/embed_alike.h"
#include "engine/helper_set_up.h"
#include "engine/nearest_rows.h"
#include "engine/originals.h"
#include "engine/run_plan.h"
#include "engine/thumbnail.h"
#include "imagemill/engine.h"

namespace imagemill {
namespace {

constexpr int kThumbnailSide = 240;

Result<Metric> metric_of(const std::string& name) {
  for (const Metric metric : {Metric::kCosine, Metric::kL2})
    if (metric_name(metric) == name) return metric;
  return fail(Code::kInvalidArgument, "--metric: '{}', expected cosine or l2", name);
}

class Search {
 public:
  Search(const SearchSpec& spec, Listener& listener, const CancelToken& cancel)
      : spec_(spec), listener_(listener), cancel_(cancel) {}

  Result<SearchReport> run() {
    IMAGEMILL_ASSIGN_OR_RETURN(const Metric metric, metric_of(spec_.metric));
    IMAGEMILL_TRY(check());
    IMAGEMILL_ASSIGN_OR_RETURN(options_, OptionValues::parse(run_options(), spec_.setup.options));
    IMAGEMILL_ASSIGN_OR_RETURN(output_, EmbeddedOutput::open(spec_.output, fs_));
    IMAGEMILL_ASSIGN_OR_RETURN(Originals originals,
                               Originals::moved(output_.inputs, spec_.inputs, fs_));
    IMAGEMILL_ASSIGN_OR_RETURN(const auto vectors, EmbeddedVectors::open(output_, fs_));
    IMAGEMILL_ASSIGN_OR_RETURN(
        const auto nearest,
        NearestRows::open(
            vectors,
            {.metric = metric, .is_hnsw = spec_.index == "hnsw", .threads = thread_count(options_)},
            fs_));
    report_ = {.output = spec_.output,
               .model = output_.option("embed.model"),
               .metric = spec_.metric,
               .index = spec_.index,
               .pictures = vectors.rows(),
               .dims = vectors.dims()};
    IMAGEMILL_TRY(search_images(vectors, nearest));
    for (const std::string& key : spec_.keys) IMAGEMILL_TRY(search_key(vectors, nearest, key));
    add_paths(originals);
    if (spec_.with_thumbnails) IMAGEMILL_TRY(add_thumbnails(originals));
    return std::move(report_);
  }

 private:
  Result<> check() const {
    if (spec_.images.empty() && spec_.keys.empty())
      return fail(Code::kInvalidArgument,
                  "nothing to search for: name a picture with --image, or "
                  "one of the output's own with --key");
    if (spec_.k == 0) return fail(Code::kInvalidArgument, "-k: 0, expected at least 1");
    if (spec_.index != "exact" && spec_.index != "hnsw")
      return fail(Code::kInvalidArgument, "--index: '{}', expected exact or hnsw", spec_.index);
    return {};
  }

  Result<> search_images(const EmbeddedVectors& vectors, const NearestRows& nearest) {
    if (spec_.images.empty()) return {};
    // Copies under numbers: an input of a run is a folder, an archive or a list by its name, and
    // two pictures may share theirs.
    const std::string folder = join_path(spec_.setup.work_folder, "queries");
    IMAGEMILL_TRY(fs_.create_folders(folder));
    std::vector<Result<Bytes>> read;
    for (size_t i = 0; i < spec_.images.size(); ++i) {
      auto bytes = fs_.read(spec_.images[i], options_.bytes("limit-file"));
      if (bytes)
        IMAGEMILL_TRY(write_file_atomically(
            fs_, join_path(folder, numbered_name(i, spec_.images[i])), *bytes));
      read.push_back(bytes ? Result<Bytes>(Bytes()) : std::move(bytes));
    }
    FeaturesByName features;
    if (std::ranges::any_of(read, [](const auto& bytes) { return bytes.has_value(); })) {
      IMAGEMILL_ASSIGN_OR_RETURN(features,
                                 embed_alike(output_, folder, spec_.setup, listener_, cancel_));
    }
    for (size_t i = 0; i < spec_.images.size(); ++i) {
      QueryResult& query = report_.queries.emplace_back();
      query.query = spec_.images[i];
      const auto found = features.find(numbered_name(i, spec_.images[i]));
      if (!read[i]) {
        query.error = read[i].error().message();
      } else if (found == features.end() || !found->second) {
        query.error = found == features.end() ? "no result" : found->second.error().message();
      } else {
        IMAGEMILL_ASSIGN_OR_RETURN(const auto rows, nearest.search(*found->second, spec_.k));
        add_hits(vectors, rows, query);
      }
    }
    return {};
  }

  Result<> search_key(const EmbeddedVectors& vectors, const NearestRows& nearest,
                      const std::string& key) {
    QueryResult& query = report_.queries.emplace_back();
    query.query = key;
    query.is_key = true;
    const auto own = vectors.row_of(key);
    if (!own) {
      const auto features = features_of(output_, key);
      query.error =
          features ? "it has no vector: it failed, or was left out" : features.error().message();
      return {};
    }
    const size_t others = std::min(spec_.k, vectors.rows() - 1);
    IMAGEMILL_ASSIGN_OR_RETURN(auto rows, nearest.search(vectors.vector(*own), others + 1));
    std::erase_if(rows, [&](const Neighbor& neighbor) { return neighbor.row == *own; });
    rows.resize(std::min(rows.size(), others));
    add_hits(vectors, rows, query);
    return {};
  }

  void add_hits(const EmbeddedVectors& vectors, const std::vector<Neighbor>& rows,
                QueryResult& query) const {
    for (const Neighbor& neighbor : rows) {
      SearchHit& hit = query.hits.emplace_back();
      hit.score = spec_.metric == "l2" ? std::sqrt(neighbor.score) : neighbor.score;
      hit.key = vectors.key(neighbor.row);
    }
  }

  void add_paths(const Originals& files) {
    for (QueryResult& query : report_.queries)
      for (SearchHit& hit : query.hits) hit.path = files.path_of(hit.key);
  }

  Result<> add_thumbnails(Originals& files) {
    IMAGEMILL_ASSIGN_OR_RETURN(const Helpers helpers,
                               open_helpers(spec_.setup.options, spec_.setup.codec_host, cancel_));
    const CodecSet codecs = helpers.codecs();
    ViewTools tools;
    const uint64_t max_bytes = options_.bytes("limit-file");
    const auto small = [&](const Result<Bytes>& bytes) {
      auto made = bytes ? make_small(*bytes, kThumbnailSide, codecs, {}, tools)
                        : std::unexpected(bytes.error());
      if (!made) return Thumbnail{.gone = made.error().message()};
      return Thumbnail{.jpeg = std::move(made->jpeg), .size = made->size};
    };
    for (QueryResult& query : report_.queries) {
      query.thumbnail = small(query.is_key ? files.read(query.query, max_bytes)
                                           : fs_.read(query.query, max_bytes));
      for (SearchHit& hit : query.hits) {
        if (cancel_.is_requested()) return fail(Code::kCancelled, "stopped");
        hit.thumbnail = small(files.read(hit.key, max_bytes));
      }
    }
    return {};
  }

  const SearchSpec& spec_;
  Listener& listener_;
  const CancelToken& cancel_;
  FileSystem& fs_ = real_file_system();
  OptionValues options_;
  EmbeddedOutput output_;
  SearchReport report_;
};

}  // namespace

Result<SearchReport> search(const SearchSpec& spec, Listener& listener, const CancelToken& cancel) {
  return Search(spec, listener, cancel).run();
}

}  // namespace imagemill
