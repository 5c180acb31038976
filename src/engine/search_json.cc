// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "imagemill/search.h"

namespace imagemill {
namespace {

using Json = nlohmann::ordered_json;

Json query_json(const QueryResult& query) {
  Json hits = Json::array();
  for (size_t i = 0; i < query.hits.size(); ++i) {
    const SearchHit& hit = query.hits[i];
    hits.push_back({{"rank", i + 1},
                    {"score", hit.score},
                    {"key", hit.key},
                    {"path", hit.path.empty() ? Json() : Json(hit.path)}});
  }
  return {{query.is_key ? "key" : "image", query.query},
          {"error", query.error.empty() ? Json() : Json(query.error)},
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
  // Keys and paths are file names: any bytes.
  return out.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace imagemill
