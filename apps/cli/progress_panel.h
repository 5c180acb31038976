// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The picture of a run in a few lines. Pure: the same state gives the same lines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "imagemill/events.h"
#include "stage_rows.h"
#include "styled_line.h"

namespace imagemill::cli {

struct PanelState {
  const RunProgress& progress;
  const std::vector<StageRow>& stages;
  uint64_t max_memory_bytes = 0;  // of the run's budget; 0: none
};

struct PanelSpace {
  int columns = 80;  // that may be written to
  int rows = 24;
  bool unicode = true;
};

// At least one line, at most max(1, space.rows), none wider than space.columns.
std::vector<StyledLine> panel_lines(const PanelState& state, const PanelSpace& space);

// The same in one line of ASCII (stage names aside), for logs: "[3 min 20 s]  42%  4,210 of 10,000,
// ...".
std::string plain_line(const RunProgress& progress);

// `columns` wide. `share` is clamped to 0..1.
std::string bar(double share, int columns, bool unicode);

// 0..100, rounded down: 100 only when everything is finished.
int percent_finished(const RunProgress& progress);

}  // namespace imagemill::cli
