// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/svg_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "imagemill/text.h"
#include "telemetry/html_text.h"

namespace imagemill {
namespace {

constexpr double kWidth = 600;
constexpr double kHeight = 160;
constexpr size_t kMostMoments = 600;
constexpr size_t kMostSeries = 6;  // that the style sheet has lines for

double sane(double value) { return std::isfinite(value) ? std::max(value, 0.0) : 0; }

double highest(std::span<const double> values) {
  double most = 0;
  for (const double value : values) most = std::max(most, sane(value));
  return most;
}

struct Scale {
  double seconds = 1;
  double value = 1;
};

std::string plain_number(double value) { return fmt::format("{:g}", value); }

// "0.0,160.0 12.5,80.0 ..."
std::string points(const LineChart& chart, const ChartSeries& series, const Scale& scale) {
  std::string out;
  const size_t count = std::min(chart.seconds.size(), series.values.size());
  const size_t stride = std::max<size_t>(1, (count + kMostMoments - 1) / kMostMoments);
  for (size_t i = 0; i < count; i += stride) {
    const size_t length = std::min(stride, count - i);
    const double value = highest(std::span(series.values).subspan(i, length));
    const double x = sane(chart.seconds[i + length - 1]) / scale.seconds * kWidth;
    // A run with a single moment is drawn as a level line.
    if (i == 0)
      fmt::format_to(std::back_inserter(out), "0,{:.1f} ", (1 - value / scale.value) * kHeight);
    fmt::format_to(std::back_inserter(out), "{:.1f},{:.1f} ", x,
                   (1 - value / scale.value) * kHeight);
  }
  return out;
}

std::string drawing(const LineChart& chart, const Scale& scale) {
  std::string out = fmt::format(
      "<svg class=\"plot\" viewBox=\"0 0 {0:.0f} {1:.0f}\" preserveAspectRatio=\"none\" "
      "role=\"img\" "
      "aria-label=\"{2}\">",
      kWidth, kHeight, html_escape(chart.summary));
  for (const double share : {0.0, 0.5, 1.0}) {
    fmt::format_to(std::back_inserter(out), "<path class=\"grid\" d=\"M0 {0:.1f}H{1:.0f}\"/>",
                   share * kHeight, kWidth);
  }
  for (size_t i = 0; i < chart.series.size() && i < kMostSeries; ++i) {
    const std::string line = points(chart, chart.series[i], scale);
    if (line.empty()) continue;
    if (chart.series.size() <= 2 && i == 0) {
      const double end = sane(chart.seconds.back()) / scale.seconds * kWidth;
      fmt::format_to(std::back_inserter(out),
                     "<polygon class=\"area s{0}\" points=\"0,{1:.1f} {2}{3:.1f},{1:.1f}\"/>", i,
                     kHeight, line, end);
    }
    fmt::format_to(std::back_inserter(out), "<polyline class=\"line s{}\" points=\"{}\"/>", i,
                   line);
  }
  return out + "</svg>";
}

std::string legend(const LineChart& chart) {
  if (chart.series.size() < 2) return "";
  std::string out = "<ul class=\"legend\">";
  for (size_t i = 0; i < chart.series.size() && i < kMostSeries; ++i) {
    fmt::format_to(std::back_inserter(out),
                   "<li><svg viewBox=\"0 0 24 8\" aria-hidden=\"true\"><path class=\"line s{}\" "
                   "d=\"M0 4H24\"/></svg>{}</li>",
                   i, html_escape(chart.series[i].name, 60));
  }
  return out + "</ul>";
}

}  // namespace

double nice_ceiling(double value) {
  if (!std::isfinite(value) || value <= 0) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 2.5, 5.0}) {
    if (value <= step * power) return step * power;
  }
  return 10 * power;
}

std::string line_chart(const LineChart& chart) {
  double most = 0;
  for (const ChartSeries& series : chart.series) most = std::max(most, highest(series.values));
  const double seconds = highest(chart.seconds);
  const Scale scale = {.seconds = seconds > 0 ? seconds : 1, .value = nice_ceiling(most)};
  const auto label = chart.label != nullptr ? chart.label : &plain_number;
  return fmt::format(
      "<figure class=\"chart\"><figcaption>{}</figcaption><div class=\"frame\">"
      "<span class=\"top\">{}</span><span class=\"middle\">{}</span>"
      "<span class=\"zero\">0</span>{}</div>"
      "<div class=\"axis\"><span>0</span><span>{}</span></div>{}</figure>\n",
      html_escape(chart.title), label(scale.value), label(scale.value / 2), drawing(chart, scale),
      human_seconds(seconds), legend(chart));
}

std::string share_bar(double share, std::string_view kind) {
  const double width = std::clamp(sane(share), 0.0, 1.0) * 100;
  return fmt::format(
      "<svg class=\"bar {}\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" "
      "aria-hidden=\"true\">"
      "<rect class=\"track\" width=\"100\" height=\"8\"/>"
      "<rect class=\"fill\" width=\"{:.2f}\" height=\"8\"/></svg>",
      kind, width);
}

}  // namespace imagemill
