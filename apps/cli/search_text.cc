// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "search_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "imagemill/text.h"
#include "terminal_text.h"

namespace imagemill::cli {
namespace {

std::string query_text(const QueryResult& query) {
  std::string out = terminal_escape(query.query) + (query.is_key ? " (of the output)" : "") + '\n';
  if (!query.error.empty()) return out + "  " + terminal_escape(query.error) + '\n';
  int key_width = terminal_width("KEY");
  for (const SearchHit& hit : query.hits)
    key_width = std::max(key_width, terminal_width(terminal_escape(hit.key)));
  const auto line = [&](std::string_view rank, std::string_view score, const std::string& key,
                        const std::string& path) {
    const std::string shown = terminal_escape(key);
    const auto pad = static_cast<size_t>(key_width - terminal_width(shown));
    out += fmt::format("{:>6}  {:>8}  {}{}  {}\n", rank, score, shown, std::string(pad, ' '),
                       path.empty() ? "-" : terminal_escape(path));
  };
  line("RANK", "SCORE", "KEY", "PATH");
  for (size_t i = 0; i < query.hits.size(); ++i) {
    const SearchHit& hit = query.hits[i];
    line(std::to_string(i + 1), fmt::format("{:.4f}", hit.score), hit.key, hit.path);
  }
  return out;
}

}  // namespace

std::string search_text(const SearchReport& report) {
  std::string out;
  for (const QueryResult& query : report.queries) out += query_text(query) + '\n';
  out += fmt::format(
      "{} pictures of {}, {}\n", human_count(static_cast<int64_t>(report.pictures)),
      terminal_escape(report.output),
      report.metric == "cosine" ? "by cosine: 1 is alike" : "by Euclidean distance: 0 is alike");
  out += report.may_miss() ? "Searched with an HNSW index, which may miss some; --index exact does "
                             "not\n"
                           : "";
  return out;
}

}  // namespace imagemill::cli
