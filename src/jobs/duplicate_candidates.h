// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What `dedupe` keeps of every picture in memory, and which of two is rather kept on disk.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "base/hash.h"
#include "imagemill/job.h"
#include "jobs/duplicate_rows.h"

namespace imagemill {

enum class KeepRule : uint8_t { kBest, kOldest, kNewest, kFirst };

struct Candidate {
  ContentHash content;  // of the text of the file's hash
  uint64_t hash = 0;
  uint64_t pixels = 0;
  uint64_t bytes = 0;
  int64_t mtime_ns = 0;
  uint64_t key_hash = 0;
  int16_t sharpness_step = 0;  // less than a step is nothing to choose by
  uint8_t format_rank = 0;
  bool is_blank = false;
  bool is_damaged = false;
};

// All but its bytes and time: the row follows from the content.
Candidate candidate_of(std::string_view key, const DuplicateRow& row);

// Whether `a` is rather kept than `b`. kBest: whole before damaged, then more pixels, camera raw
// before lossless before lossy, sharper, more bytes, older. The other rules come before these;
// files of unknown age are the last. Where neither is (as kFirst always says) the first key is.
bool is_rather_kept(const Candidate& a, const Candidate& b, KeepRule rule);

}  // namespace imagemill
