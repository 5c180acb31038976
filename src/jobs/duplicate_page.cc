// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/duplicate_page.h"

#include <fmt/format.h>

#include "imagemill/text.h"
#include "telemetry/html_text.h"
#include "telemetry/report_style.h"

namespace imagemill {
namespace {

constexpr std::string_view kGroupStyle = R"css(
.group{display:flex;flex-wrap:wrap;gap:14px;padding:16px}
.group figure{width:176px;font-size:12.5px;overflow-wrap:anywhere}
.group .seen{width:176px;height:176px;display:flex;align-items:center;justify-content:center;
background:var(--track);border-radius:6px;overflow:hidden;margin-bottom:6px}
.group .best .seen{outline:3px solid var(--accent)}
.group img{max-width:100%;max-height:100%}
.group figcaption span{display:block;color:var(--soft);font-weight:400}
)css";

void add_figure(std::string& page, std::string_view name, const std::string& value,
                const std::string& remark) {
  page += fmt::format("<div><dt>{}</dt><dd>{}</dd><small>{}</small></div>", name, value, remark);
}

void add_picture(std::string& page, const DuplicatePicture& picture, const Result<Bytes>& jpeg) {
  const bool is_best = picture.kind == DuplicateKind::kBest;
  page += fmt::format("<figure{}><div class=\"seen\">", is_best ? " class=\"best\"" : "");
  if (jpeg)
    page += fmt::format("<img alt=\"\" loading=\"lazy\" src=\"data:image/jpeg;base64,{}\">",
                        base64(*jpeg));
  page += fmt::format(
      "</div><figcaption>{}<span>{}</span><span>{} x {} {}, {}</span></figcaption></figure>",
      html_escape(picture.key, 200),
      is_best ? "<b class=\"pill\">best</b>" : html_escape(duplicate_reason(picture)),
      picture.size.width, picture.size.height, html_escape(picture.format),
      human_bytes(picture.bytes));
}

void add_header(std::string& page, const DuplicateFindings& findings) {
  page += fmt::format(
      "<p class=\"eyebrow\"><b>imagemill dedupe</b></p><h1>{} of {} pictures are "
      "copies</h1><dl class=\"figures\">",
      human_count(findings.copies()), human_count(findings.pictures));
  add_figure(page, "Groups", human_count(std::ssize(findings.groups)), "pictures that look alike");
  add_figure(page, "Copies", human_count(findings.copies()), human_bytes(findings.copy_bytes()));
  add_figure(page, "Of one colour", human_count(findings.blank), "compared by their bytes alone");
  page += "</dl>";
}

}  // namespace

std::string duplicate_page(const DuplicateFindings& findings, const DuplicatePageLimits& limits,
                           const std::function<Result<Bytes>(std::string_view key)>& preview) {
  std::string page = page_head("Duplicates", kGroupStyle);
  add_header(page, findings);
  const size_t shown = std::min(limits.groups, findings.groups.size());
  for (size_t i = 0; i < shown; ++i) {
    const std::span<const DuplicatePicture> pictures = findings.groups[i].pictures;
    page += fmt::format("<section><h2>Group {}</h2><div class=\"panel group\">", i + 1);
    for (const DuplicatePicture& picture :
         pictures.first(std::min(limits.pictures, pictures.size())))
      add_picture(page, picture, preview(picture.key));
    if (pictures.size() > limits.pictures)
      page += fmt::format("<p>and {} more</p>",
                          human_count(static_cast<int64_t>(pictures.size() - limits.pictures)));
    page += "</div></section>\n";
  }
  if (shown < findings.groups.size())
    page += fmt::format("<section><p>{} more groups are in duplicates.csv.</p></section>",
                        human_count(static_cast<int64_t>(findings.groups.size() - shown)));
  page += "</main></body></html>\n";
  return page;
}

}  // namespace imagemill
