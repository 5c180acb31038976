// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "imagemill/events.h"
#include "styled_line.h"

namespace imagemill::cli {

// What stands on the terminal when all is over: the counts, where the records are, what to do next.
// `record_folder` holds rejects.jsonl and report.html; "": nobody writes them.
std::vector<StyledLine> summary_lines(const RunFinished& finished,
                                      const std::string& record_folder);

// A line of what a dry run would do: "in/a.png -> a.jpg, thumbs/a.jpg".
std::string plan_line(const RunPlanned& planned);

}  // namespace imagemill::cli
