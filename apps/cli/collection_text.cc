// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "collection_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "imagemill/text.h"
#include "terminal_text.h"

namespace imagemill::cli {
namespace {

constexpr size_t kRowsMax = 10;  // of a list

std::string size_text(Size size) { return fmt::format("{} x {}", size.width, size.height); }

double percent(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string tally_block(std::string_view title, const std::vector<Tally>& tallies, int64_t whole) {
  if (tallies.empty()) return {};
  int width = 12;
  for (const Tally& tally : tallies)
    width = std::max(width, std::min(40, terminal_width(terminal_escape(tally.name))));
  std::string out = fmt::format("\n{}\n", title);
  for (const Tally& tally : tallies) {
    const std::string name = truncate_end(terminal_escape(tally.name), 40);
    out += fmt::format("  {}{:{}}  {:>9}  {:5.1f} %\n", name, "", width - terminal_width(name),
                       human_count(tally.count), percent(tally.count, whole));
  }
  return out;
}

std::string more(size_t count) {
  return count <= kRowsMax ? std::string()
                           : fmt::format("    ... and {} more\n",
                                         human_count(static_cast<int64_t>(count - kRowsMax)));
}

std::string key_list(std::string_view title, const std::vector<std::string>& keys, int64_t whole) {
  const auto count = static_cast<int64_t>(keys.size());
  std::string out =
      fmt::format("  {:<44}  {:>9}  {:5.1f} %\n", title, human_count(count), percent(count, whole));
  for (size_t i = 0; i < std::min(keys.size(), kRowsMax); ++i)
    out += fmt::format("    {}\n", terminal_escape(keys[i]));
  return out + more(keys.size());
}

std::string problem_list(std::string_view title, const std::vector<FileProblem>& problems) {
  if (problems.empty()) return {};
  std::string out =
      fmt::format("\n{}: {}\n", title, human_count(static_cast<int64_t>(problems.size())));
  for (size_t i = 0; i < std::min(problems.size(), kRowsMax); ++i)
    out += fmt::format("    {}: {}\n", terminal_escape(problems[i].key),
                       terminal_escape(problems[i].text));
  return out + more(problems.size());
}

std::string duplicate_list(const std::vector<DuplicateGroup>& groups) {
  if (groups.empty()) return {};
  uint64_t wasted = 0;
  for (const DuplicateGroup& group : groups) wasted += group.bytes * (group.keys.size() - 1);
  std::string out =
      fmt::format("\nSame bytes: {} groups, {} to save\n",
                  human_count(static_cast<int64_t>(groups.size())), human_bytes(wasted));
  for (size_t i = 0; i < std::min(groups.size(), kRowsMax); ++i) {
    const auto& keys = groups[i].keys;
    out += fmt::format("    {} times: {}", keys.size(), terminal_escape(keys.front()));
    for (size_t k = 1; k < std::min<size_t>(keys.size(), 4); ++k)
      out += fmt::format(", {}", terminal_escape(keys[k]));
    out += keys.size() > 4 ? ", ...\n" : "\n";
  }
  return out + more(groups.size());
}

}  // namespace

std::string collection_text(const CollectionReport& report) {
  const int64_t n = report.pictures;
  std::string out = fmt::format(
      "{} files: {} pictures ({}), {} unreadable, {} no pictures\n", human_count(report.files),
      human_count(n), human_bytes(report.bytes),
      human_count(static_cast<int64_t>(report.broken.size())), human_count(report.others));
  if (!report.is_whole) out += "Stopped before the end: this is what was read until then.\n";
  if (n > 0) {
    out += tally_block("Formats", report.formats, n);
    out += fmt::format("\nPixels (as seen)\n  {} smallest, {} median, {} largest\n",
                       size_text(report.smallest), size_text(report.median),
                       size_text(report.largest));
    out += tally_block("Megapixels", report.megapixels, n);
    out += tally_block("Aspect ratios", report.aspects, n);
    out += tally_block("EXIF orientation", report.orientations, n);
    out += tally_block("Samples", report.pixel_formats, n);
    out += tally_block("Colour profiles", report.profiles, n);
    out += fmt::format("\nLooks (measured at 512 pixels, median sharpness {})\n",
                       human_number(report.sharpness_median));
    out +=
        key_list(fmt::format("blurred (sharpness below {})", kBlurredSharpness), report.blurred, n);
    out += key_list("blank", report.blank, n);
    out += key_list(fmt::format("dark (mean below {})", kDarkMean), report.dark, n);
    out += key_list(fmt::format("blown (more than {:.0f} % white)", 100 * kBlownShare),
                    report.blown, n);
  }
  out += problem_list("Unreadable", report.broken);
  out += problem_list("Damaged, readable in part", report.damaged);
  return out + duplicate_list(report.duplicates);
}

}  // namespace imagemill::cli
