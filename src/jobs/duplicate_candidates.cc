// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/duplicate_candidates.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "codec/codec.h"

namespace imagemill {
namespace {

// Camera raw has more than what is made of it, a lossless file at least as much as a lossy one.
uint8_t format_rank(std::string_view name) {
  switch (format_from_name(name).value_or(FileFormat::kUnknown)) {
    case FileFormat::kRaw:
      return 2;
    case FileFormat::kPng:
    case FileFormat::kTiff:
    case FileFormat::kBmp:
    case FileFormat::kPnm:
    case FileFormat::kTga:
    case FileFormat::kHdr:
    case FileFormat::kExr:
    case FileFormat::kPsd:
      return 1;
    default:
      return 0;
  }
}

// Steps of a tenth: less is nothing to choose by.
int16_t sharpness_step(double sharpness) {
  return static_cast<int16_t>(std::lround(std::log(std::max(sharpness, 0.01)) / std::log(1.1)));
}

int64_t age_order(const Candidate& c) { return c.mtime_ns == 0 ? INT64_MAX : c.mtime_ns; }

// Less: rather kept.
auto merits(const Candidate& c) {
  return std::tuple(c.is_damaged, ~c.pixels, -c.format_rank, -c.sharpness_step, ~c.bytes,
                    age_order(c));
}

}  // namespace

Candidate candidate_of(std::string_view key, const DuplicateRow& row) {
  return {.content = hash_content(as_byte_span(row.content)),
          .hash = row.hash,
          .pixels = static_cast<uint64_t>(row.size.width) * static_cast<uint64_t>(row.size.height),
          .key_hash = hash_content(as_byte_span(key)).low,
          .sharpness_step = sharpness_step(row.sharpness),
          .format_rank = format_rank(row.format),
          .is_blank = row.is_blank,
          .is_damaged = row.is_damaged};
}

bool is_rather_kept(const Candidate& a, const Candidate& b, KeepRule rule) {
  if (rule == KeepRule::kFirst) return false;
  if (rule == KeepRule::kOldest && age_order(a) != age_order(b)) return age_order(a) < age_order(b);
  if (rule == KeepRule::kNewest && a.mtime_ns != b.mtime_ns) return a.mtime_ns > b.mtime_ns;
  return merits(a) < merits(b);
}

}  // namespace imagemill
