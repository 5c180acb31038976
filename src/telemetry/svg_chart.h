// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Charts as inline SVG, drawn once and for all: no script, nothing fetched. The drawing stretches
// with the page; words and numbers stand beside it as HTML, so that they keep their size. Colours
// are classes of the report's style sheet.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace imagemill {

struct ChartSeries {
  std::string name;
  std::vector<double> values;  // one for each moment; what is not finite counts as 0
};

struct LineChart {
  std::string title;
  std::string summary;          // what a reader who cannot see it is told
  std::vector<double> seconds;  // ascending
  std::vector<ChartSeries> series;
  std::string (*label)(double value) = nullptr;  // of the vertical axis
};

// A <figure>. More than 600 moments are thinned out, keeping the highest of their neighbours.
std::string line_chart(const LineChart& chart);

// `share` 0..1 of a horizontal bar; `kind` is a class of the style sheet ("", "notice", "bad").
std::string share_bar(double share, std::string_view kind = "");

// The least of 1, 2, 2.5, 5 times a power of ten that is not below `value`; 1 for 0 and nonsense.
double nice_ceiling(double value);

}  // namespace imagemill
