// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "compare_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "imagemill/text.h"
#include "terminal_text.h"

namespace imagemill::cli {
namespace {

std::string line(std::string_view name, std::string_view text) {
  return fmt::format("{:<10}{}\n", name, text);
}

std::string picture_line(std::string_view name, const ComparedPicture& picture) {
  std::string text = fmt::format("{}  {}, {} x {}, {}, {}", terminal_escape(picture.path),
                                 picture.format, picture.size.width, picture.size.height,
                                 picture.pixel_format, human_bytes(picture.bytes));
  if (!picture.profile.empty()) text += ", " + terminal_escape(picture.profile);
  if (picture.orientation != 1) text += fmt::format(", orientation {}", picture.orientation);
  if (picture.is_damaged) text += ", damaged";
  return line(name, text);
}

std::string psnr_text(double psnr) {
  return std::isinf(psnr) ? "equal lumas" : fmt::format("{:.1f} dB", psnr);
}

}  // namespace

std::string comparison_text(const Comparison& c) {
  std::string out = terminal_escape(c.verdict) + '\n';
  out += picture_line("A", c.a);
  out += picture_line("B", c.b);
  if (c.likeness == Likeness::kSameFile) return out;
  out += line("hashes", c.is_blank
                            ? "say nothing of blank pictures"
                            : fmt::format("{} of 64 bits differ (pHash), {} (dHash); B is "
                                          "nearest {}",
                                          c.phash_distance, c.dhash_distance, turn_name(c.turn)));
  out += line("SSIM", fmt::format("{:.4f}, PSNR {}, of the lumas at {} x {}", c.ssim,
                                  psnr_text(c.psnr), c.compared.width, c.compared.height));
  if (c.cosine) out += line("features", fmt::format("cosine {:.4f}", *c.cosine));
  return out;
}

}  // namespace imagemill::cli
