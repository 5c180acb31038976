// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "json_events.h"

#include <nlohmann/json.hpp>
#include <ostream>
#include <string_view>

#include "exit_code.h"
#include "imagemill/dedupe.h"
#include "telemetry/json_path.h"
#include "telemetry/network_json.h"

namespace imagemill::cli {
namespace {

using Json = nlohmann::ordered_json;

// Bytes that are not UTF-8 become U+FFFD; a number that is not finite becomes null.
void write_line(std::ostream& out, const Json& event) {
  out << event.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n' << std::flush;
}

Json text_or_null(std::string_view text) { return text.empty() ? Json() : Json(text); }

Json to_json(const std::vector<StageSnapshot>& stages) {
  Json list = Json::array();
  for (const StageSnapshot& stage : stages) {
    list.push_back({{"name", stage.name},
                    {"items", stage.items},
                    {"in_progress", stage.in_progress},
                    {"queue_depth", stage.queue_depth},
                    {"queue_capacity", stage.queue_capacity},
                    {"threads", stage.threads},
                    {"busy_seconds", stage.busy_seconds},
                    {"bytes", stage.bytes}});
  }
  return list;
}

std::string_view name_of(RunFinished::Outcome outcome) {
  switch (outcome) {
    case RunFinished::Outcome::kComplete:
      return "complete";
    case RunFinished::Outcome::kCancelled:
      return "cancelled";
    case RunFinished::Outcome::kFailed:
      return "failed";
  }
  return "failed";
}

}  // namespace

void JsonEvents::on_started(const RunStarted& started) {
  Json event = {{"event", "started"},
                {"schema", 1},
                {"items_total", started.items_total},
                {"items_resumed", started.items_resumed}};
  add_paths(event, "inputs", started.inputs);
  add_path(event, "output", started.output);
  add_path_or_null(event, "state_folder", started.state_folder);
  event.update({{"jobs", started.jobs},
                {"threads", started.threads},
                {"max_memory_bytes", started.max_memory_bytes}});
  write_line(out_, event);
}

void JsonEvents::on_planned(const RunPlanned& planned) {
  write_line(out_, {{"event", "planned"},
                    {"key", text_or_null(planned.key)},
                    {"outputs", planned.outputs},
                    {"note", text_or_null(planned.note)}});
}

void JsonEvents::on_progress(const RunProgress& progress) {
  const bool eta_known = progress.eta_seconds >= 0;
  write_line(out_, {{"event", "progress"},
                    {"seconds", progress.seconds},
                    {"items_total", progress.items_total},
                    {"done", progress.done},
                    {"failed", progress.failed},
                    {"skipped", progress.skipped},
                    {"items_per_second", progress.items_per_second},
                    {"eta_seconds", eta_known ? Json(progress.eta_seconds) : Json()},
                    {"bottleneck", text_or_null(progress.bottleneck)},
                    {"memory_in_flight_bytes", progress.memory_in_flight_bytes},
                    {"resident_bytes", progress.resident_bytes},
                    {"cpu_percent", progress.cpu_percent},
                    {"stages", to_json(progress.stages)},
                    {"networks", networks_json(progress.networks)}});
}

void JsonEvents::on_item_failed(const ItemFailed& failed) {
  write_line(out_, {{"event", "item_failed"},
                    {"key", failed.key},
                    {"stage", failed.stage},
                    {"code", code_name(failed.status.code())},
                    {"message", failed.status.message()}});
}

void JsonEvents::on_warning(const RunWarning& warning) {
  write_line(out_, {{"event", "warning"},
                    {"message", warning.message},
                    {"source", text_or_null(warning.source)}});
}

void JsonEvents::on_duplicates(const DuplicateFindings& findings) {
  write_line(out_, {{"event", "duplicates"},
                    {"pictures", findings.pictures},
                    {"groups", findings.groups.size()},
                    {"copies", findings.copies()},
                    {"copy_bytes", findings.copy_bytes()}});
}

void JsonEvents::on_duplicate_step(const DuplicateStep& step) {
  Json event = {
      {"event", "duplicate_step"}, {"key", step.key}, {"state", step_state_name(step.state)}};
  add_path_or_null(event, "from", step.from);
  add_path_or_null(event, "to", step.to);
  event["problem"] = text_or_null(step.problem);
  write_line(out_, event);
}

void JsonEvents::on_finished(const RunFinished& finished) {
  write_line(out_, {{"event", "finished"},
                    {"outcome", name_of(finished.outcome)},
                    {"error", text_or_null(finished.error)},
                    {"items_total", finished.items_total},
                    {"done", finished.done},
                    {"failed", finished.failed},
                    {"skipped", finished.skipped},
                    {"damaged", finished.damaged},
                    {"items_resumed", finished.items_resumed},
                    {"results_reused", finished.results_reused},
                    {"job_skips", finished.job_skips},
                    {"copies_left", finished.copies_left},
                    {"seconds", finished.seconds},
                    {"peak_resident_bytes", finished.peak_resident_bytes},
                    {"exit_code", static_cast<int>(exit_code(finished))},
                    {"stages", to_json(finished.stages)},
                    {"networks", networks_json(finished.networks)}});
}

}  // namespace imagemill::cli
