// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "imagemill/search.h"

namespace imagemill::cli {

// What `imagemill search` shows: a table a query.
std::string search_text(const SearchReport& report);

}  // namespace imagemill::cli
