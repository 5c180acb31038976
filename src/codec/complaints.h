// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a library says while it decodes, and what follows from it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/codec.h"

namespace imagemill {

struct Complaints {
  static constexpr size_t kMaxWarnings = 8;  // a hostile file can raise one a row

  std::vector<std::string> warnings;
  bool is_truncated = false;  // bytes were missing
  bool is_damaged = false;    // part of the picture is missing or broken

  void warn(std::string_view text) {
    if (warnings.size() < kMaxWarnings) warnings.emplace_back(text);
  }
  void damage(std::string_view text) {
    is_damaged = true;
    warn(text);
  }
  void truncate(std::string_view text) {
    is_truncated = true;
    damage(text);
  }

  // kCorruptInput when `fail_on` does not accept what has been seen.
  Result<> check(FailOn fail_on, std::string_view format) const {
    const bool refused = (is_truncated && fail_on >= FailOn::kTruncated) ||
                         (is_damaged && fail_on >= FailOn::kError) ||
                         (!warnings.empty() && fail_on >= FailOn::kWarning);
    if (!refused) return {};
    return fail(Code::kCorruptInput, "{}: {}", format,
                warnings.empty() ? std::string_view("damaged") : std::string_view(warnings[0]));
  }
};

}  // namespace imagemill
