// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "jobs/job.h"

namespace imagemill {

// A field as RFC 4180 wants it: in quotes where it holds a comma, a quote or a line break.
std::string csv_field(std::string_view text);

// Writes the rows of a job's table about present inputs: a line with the column names, then one a
// row in key order, beginning with the key (and `sub` where any row has one). Lines end in CR LF.
// Numbers have six digits; the run store has all of them. The text is held in memory.
Result<> export_csv(FinishContext& context, const TableSchema& table, const std::string& path);

}  // namespace imagemill
