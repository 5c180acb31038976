// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The pictures of an output of `embed` that are nearest to a picture.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "imagemill/cancel.h"
#include "imagemill/embed_setup.h"
#include "imagemill/events.h"
#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

struct SearchSpec {
  std::string output;               // of a run with the job embed
  std::vector<std::string> images;  // queries: files
  std::vector<std::string> keys;    // queries: pictures of the output, which need no model
  std::string metric = "cosine";    // or l2
  std::string index = "exact";      // or hnsw, which may miss some
  size_t k = 10;
  // Where the output's inputs are by now, each in its run's order; empty: where its run had them.
  // For paths and thumbnails.
  std::vector<std::string> inputs;
  bool with_thumbnails = false;
  EmbedSetup setup;  // nothing but its options' threads where there are no images
};

// A small JPEG, upright.
struct Thumbnail {
  std::vector<std::byte> jpeg;
  Size size;         // of the picture that it stands for
  std::string gone;  // why there is none
};

struct SearchHit {
  double score = 0;  // cosine, or Euclidean distance
  std::string key;
  std::string path;  // of the picture's file; "": it lies in an archive, or is not known any more
  std::optional<Thumbnail> thumbnail;  // where asked for
};

struct QueryResult {
  std::string query;  // the file, or the key
  bool is_key = false;
  std::string error;            // why there are no hits; "": none
  std::vector<SearchHit> hits;  // nearest first; a query that is a picture of the output itself is
                                // not among its own
  std::optional<Thumbnail> thumbnail;
};

struct SearchReport {
  std::string output;
  std::string model;
  std::string metric;
  std::string index;  // as asked for
  size_t pictures = 0;
  size_t dims = 0;
  std::vector<QueryResult> queries;  // images, then keys

  bool may_miss() const { return index == "hnsw"; }
};

// Errors: kInvalidArgument when `output` holds no vectors or the model is another one by now.
// A query that cannot be had (a broken file, an unknown key) is told in its result.
Result<SearchReport> search(const SearchSpec& spec, Listener& listener, const CancelToken& cancel);

// One object; the fields of the struct, without thumbnails.
std::string to_json(const SearchReport& report);

// A page that needs nothing else: no script, no request.
std::string to_html(const SearchReport& report);

}  // namespace imagemill
