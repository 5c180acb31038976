// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/result_json.h"
#include "imagemill/search.h"

namespace imagemill {
namespace {

Json query_json(const QueryResult& query) {
  Json hits = Json::array();
  for (size_t i = 0; i < query.hits.size(); ++i) {
    const SearchHit& hit = query.hits[i];
    hits.push_back({{"rank", i + 1},
                    {"score", hit.score},
                    {"key", hit.key},
                    {"path", text_or_null(hit.path)}});
  }
  return {{query.is_key ? "key" : "image", query.query},
          {"error", text_or_null(query.error)},
          {"results", std::move(hits)}};
}

}  // namespace

std::string to_json(const SearchReport& report) {
  Json queries = Json::array();
  for (const QueryResult& query : report.queries) queries.push_back(query_json(query));
  const Json out = {{"output", report.output},       {"model", report.model},
                    {"metric", report.metric},       {"index", report.index},
                    {"may_miss", report.may_miss()}, {"pictures", report.pictures},
                    {"dims", report.dims},           {"queries", std::move(queries)}};
  return json_text(out);
}

}  // namespace imagemill
