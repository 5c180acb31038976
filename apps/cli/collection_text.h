// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "imagemill/inspect.h"

namespace imagemill::cli {

// The report of `imagemill inspect` for people: one block a question, long lists cut.
std::string collection_text(const CollectionReport& report);

}  // namespace imagemill::cli
