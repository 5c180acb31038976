// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/run_report_warnings.h"

#include <fmt/format.h>

#include "imagemill/text.h"
#include "telemetry/html_text.h"

namespace imagemill {
namespace {

// Between two characters, where the text is UTF-8.
std::string cut(std::string_view text) {
  if (text.size() <= kMostWarningBytes) return std::string(text);
  size_t end = kMostWarningBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace

void WarningTally::add(const RunWarning& warning) {
  if (kept_.size() == kMostWarningsKept)
    ++left_out_;
  else
    kept_.push_back({.message = cut(warning.message), .source = warning.source});
}

std::string warnings_html(const WarningTally& warnings) {
  if (warnings.kept().empty()) return {};
  std::string page =
      "<section><h2>Warnings</h2><div class=\"panel\"><table class=\"stack\"><tbody>";
  for (const RunWarning& warning : warnings.kept()) {
    page += fmt::format("<tr><td class=\"wrap wide\">{}</td><td>{}</td></tr>\n",
                        html_escape(warning.message, kMostTextShown),
                        html_escape(warning.source, kMostTextShown));
  }
  page += "</tbody></table>";
  if (warnings.left_out() > 0)
    page += fmt::format("<p class=\"note\">{} more were not kept</p>",
                        human_count(warnings.left_out()));
  return page + "</div></section>\n";
}

}  // namespace imagemill
