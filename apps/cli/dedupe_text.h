// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "imagemill/dedupe.h"

namespace imagemill::cli {

// "4 copies of 2 pictures among 120, 12.3 MB".
std::string findings_line(const DuplicateFindings& findings);

// Every group: the best one, then its copies and why they are.
std::string groups_text(const DuplicateFindings& findings);

// A line a step, done, planned or left out; then how many of each, and how to go on.
std::string steps_text(const DedupeOutcome& outcome, DuplicateAction action, bool apply);

}  // namespace imagemill::cli
