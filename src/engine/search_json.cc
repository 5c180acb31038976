// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/result_json.h"
#include "imagemill/search.h"
#include "telemetry/json_path.h"

namespace imagemill {
namespace {

Json query_json(const QueryResult& query) {
  Json hits = Json::array();
  for (size_t i = 0; i < query.hits.size(); ++i) {
    const SearchHit& hit = query.hits[i];
    Json row = {{"rank", i + 1}, {"score", hit.score}, {"key", hit.key}};
    add_path_or_null(row, "path", hit.path);
    hits.push_back(std::move(row));
  }
  Json out = Json::object();
  add_path(out, query.is_key ? "key" : "image", query.query);
  out["error"] = text_or_null(query.error);
  out["results"] = std::move(hits);
  return out;
}

}  // namespace

std::string to_json(const SearchReport& report) {
  Json queries = Json::array();
  for (const QueryResult& query : report.queries) queries.push_back(query_json(query));
  Json out = Json::object();
  add_path(out, "output", report.output);
  out.update({{"model", report.model},
              {"metric", report.metric},
              {"index", report.index},
              {"may_miss", report.may_miss()},
              {"pictures", report.pictures},
              {"dims", report.dims},
              {"queries", std::move(queries)}});
  return json_text(out);
}

}  // namespace imagemill
