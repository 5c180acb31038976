// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "stability_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "imagemill/text.h"
#include "terminal_text.h"

namespace imagemill::cli {
namespace {

constexpr size_t kMostSkippedShown = 5;

}  // namespace

std::string stability_text(const StabilityReport& report) {
  std::string out = fmt::format("{:<10}  {:>6}  {:>6}  {:>6}  {:>6}  {}\n", "VARIANT", "MEAN", "P5",
                                "WORST", "FOUND", "WORST PICTURE");
  for (const VariantStability& v : report.variants) {
    if (v.pictures == 0) continue;
    out += fmt::format("{:<10}  {:>6.4f}  {:>6.4f}  {:>6.4f}  {:>4.0f} %  {}\n", v.name, v.mean,
                       v.p5, v.worst, v.found * 100, terminal_escape(v.worst_key));
  }
  out += fmt::format(
      "\nCosine to the features in {}, of {} of its {} pictures; found: nearest to itself among "
      "all "
      "of them\n",
      terminal_escape(report.output), human_count(static_cast<int64_t>(report.sample)),
      human_count(static_cast<int64_t>(report.pictures)));
  if (!report.variants.empty() && report.variants.front().pictures > 0 &&
      report.variants.front().mean < kUnchangedCosine)
    out +=
        "The unchanged pictures have other features than the output: the pictures, or what runs "
        "the model, changed since\n";
  const size_t shown = std::min(report.skipped.size(), kMostSkippedShown);
  for (size_t i = 0; i < shown; ++i)
    out += fmt::format("left out: {}: {}\n", terminal_escape(report.skipped[i].key),
                       terminal_escape(report.skipped[i].why));
  if (report.skipped.size() > shown)
    out += fmt::format("left out: {} more\n", report.skipped.size() - shown);
  return out;
}

}  // namespace imagemill::cli
