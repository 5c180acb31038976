// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Every text from outside passes html_escape() where it enters the page.
#include <iterator>

#include "imagemill/search.h"
#include "imagemill/text.h"
#include "telemetry/html_text.h"
#include "telemetry/report_style.h"

namespace imagemill {
namespace {

constexpr std::string_view kStyle = R"css(
.query{display:grid;grid-template-columns:minmax(0,240px) minmax(0,1fr);gap:20px;align-items:start}
.asked{position:sticky;top:16px}
.hits{display:grid;gap:14px;grid-template-columns:repeat(auto-fill,minmax(min(100%,168px),1fr));
list-style:none;margin:0;padding:0}
.shot{background:var(--surface);border:1px solid var(--line);border-radius:10px;overflow:hidden;
margin:0}
.asked .shot{border-color:var(--accent);border-width:2px}
.shot img,.shot .none{width:100%;height:150px;object-fit:contain;background:var(--track);
display:flex;align-items:center;justify-content:center;color:var(--soft);font-size:12.5px}
.shot figcaption{padding:9px 12px 10px;margin:0;font-weight:400;font-size:12.5px;
color:var(--soft);overflow-wrap:anywhere}
.shot .score{display:flex;justify-content:space-between;color:var(--ink);font-weight:600}
.shot b{display:block;color:var(--ink);font-weight:550}
@media (max-width:640px){.query{grid-template-columns:minmax(0,1fr)}.asked{position:static}}
@media print{.shot{break-inside:avoid}.asked{position:static}}
)css";

constexpr size_t kMostTextBytes = 500;

template <typename... Args>
void add(std::string& page, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(page), format, std::forward<Args>(args)...);
}

std::string shown(std::string_view text) { return html_escape(text, kMostTextBytes); }

void add_picture(std::string& page, const std::optional<Thumbnail>& thumbnail,
                 const std::string& name) {
  if (!thumbnail || thumbnail->jpeg.empty()) {
    add(page, "<span class=\"none\" title=\"{}\">missing</span>",
        thumbnail ? shown(thumbnail->gone) : "");
    return;
  }
  add(page, "<img alt=\"{}\" src=\"data:image/jpeg;base64,{}\">", shown(name),
      base64(thumbnail->jpeg));
}

std::string size_text(const std::optional<Thumbnail>& thumbnail) {
  if (!thumbnail || thumbnail->jpeg.empty()) return "";
  return fmt::format("{} &times; {}", thumbnail->size.width, thumbnail->size.height);
}

void add_hit(std::string& page, size_t rank, const SearchHit& hit) {
  page += "<li><figure class=\"shot\">";
  add_picture(page, hit.thumbnail, hit.key);
  add(page,
      "<figcaption><span class=\"score\"><span>{}</span><span>{:.4f}</span></span>"
      "<bdi title=\"{}\">{}</bdi><br>{}</figcaption></figure></li>\n",
      rank, hit.score, shown(hit.path), shown(hit.key), size_text(hit.thumbnail));
}

void add_query(std::string& page, const QueryResult& query) {
  page += "<section class=\"query\"><div class=\"asked\"><figure class=\"shot\">";
  add_picture(page, query.thumbnail, query.query);
  add(page, "<figcaption><b><bdi>{}</bdi></b>{}{}</figcaption></figure></div>\n",
      shown(query.query), query.is_key ? "a picture of the output<br>" : "",
      size_text(query.thumbnail));
  if (!query.error.empty()) {
    add(page, "<p class=\"error\">{}</p>", shown(query.error));
  } else {
    page += "<ol class=\"hits\">";
    for (size_t i = 0; i < query.hits.size(); ++i) add_hit(page, i + 1, query.hits[i]);
    page += "</ol>";
  }
  page += "</section>\n";
}

}  // namespace

std::string to_html(const SearchReport& report) {
  const bool is_cosine = report.metric == "cosine";
  std::string page = page_head("Nearest pictures", kStyle);
  add(page,
      "<header><p class=\"eyebrow\"><b>imagemill</b> search {}</p>"
      "<h1>Nearest of {} pictures</h1><p class=\"route\">{} &middot; {} &middot; {}</p></header>\n",
      report.may_miss() ? "<span class=\"pill notice\">HNSW: may miss some</span>" : "",
      human_count(static_cast<int64_t>(report.pictures)), shown(report.output), shown(report.model),
      is_cosine ? "cosine, 1 is alike" : "Euclidean distance, 0 is alike");
  for (const QueryResult& query : report.queries) add_query(page, query);
  page += "<footer>Made by Imagemill.</footer>\n</main></body></html>\n";
  return page;
}

}  // namespace imagemill
