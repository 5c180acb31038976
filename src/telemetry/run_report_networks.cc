// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/run_report_networks.h"

#include <fmt/format.h>

#include "imagemill/text.h"
#include "telemetry/html_text.h"
#include "telemetry/run_report.h"

namespace imagemill {
namespace {

std::string row_html(const NetworkSnapshot& network, double seconds) {
  const double rate = seconds > 0 ? static_cast<double>(network.images) / seconds : 0;
  return fmt::format(
      "<tr><th scope=\"row\">{} <span class=\"tag\">{}</span></th><td class=\"n\">{}</td>"
      "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{:.0f} %</td>"
      "<td class=\"n narrow-off\">{:.0f} %</td><td class=\"n narrow-off\">{}</td></tr>\n",
      html_escape(network.model, kMostTextShown), html_escape(network.provider, kMostTextShown),
      human_count(network.images), human_number(rate), network.batch_size, network.batch_fill * 100,
      network.busy_share * 100, human_seconds(network.wait_seconds));
}

std::string sizes_html(const NetworkSnapshot& network) {
  std::string out = fmt::format(
      "<table><caption>Batches of {}: what one run takes for an image, and the most memory the "
      "process was seen to hold meanwhile</caption><thead><tr><th scope=\"col\">Batch</th>"
      "<th scope=\"col\" class=\"n\">Time for one image</th>"
      "<th scope=\"col\" class=\"n\">Memory</th></tr></thead><tbody>",
      html_escape(network.model, kMostTextShown));
  for (const BatchSizeSnapshot& size : network.sizes)
    out += fmt::format(
        "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
        size.batch,
        size.seconds_per_image > 0 ? fmt::format("{:.1f} ms", size.seconds_per_image * 1000)
                                   : "&ndash;",
        size.resident_bytes > 0 ? human_bytes(size.resident_bytes) : "&ndash;");
  return out + "</tbody></table>";
}

}  // namespace

std::string networks_html(std::span<const NetworkSnapshot> networks, double seconds) {
  if (networks.empty()) return {};
  std::string out =
      "<section><h2>Networks</h2><div class=\"panel\"><table><thead><tr>"
      "<th scope=\"col\">Network</th><th scope=\"col\" class=\"n\">Images</th>"
      "<th scope=\"col\" class=\"n\">A second</th><th scope=\"col\" class=\"n\">Batch</th>"
      "<th scope=\"col\" class=\"n\">Filled</th>"
      "<th scope=\"col\" class=\"n narrow-off\">Busy</th>"
      "<th scope=\"col\" class=\"n narrow-off\">Wait</th></tr></thead><tbody>";
  for (const NetworkSnapshot& network : networks) out += row_html(network, seconds);
  out += "</tbody></table>";
  for (const NetworkSnapshot& network : networks)
    if (!network.sizes.empty()) out += sizes_html(network);
  return out + "</div></section>\n";
}

}  // namespace imagemill
