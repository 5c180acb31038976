// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "imagemill/dedupe.h"

namespace imagemill {

struct DuplicatePageLimits {
  size_t groups = 200;   // the others are in the CSV
  size_t pictures = 12;  // of a group
};

// A page that shows groups side by side, whole in one file. `preview` gives a small JPEG of a
// picture, or a failure: then its place stays empty.
std::string duplicate_page(const DuplicateFindings& findings, const DuplicatePageLimits& limits,
                           const std::function<Result<Bytes>(std::string_view key)>& preview);

}  // namespace imagemill
