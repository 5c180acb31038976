// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <string_view>

#include "telemetry/json_path.h"
#include "telemetry/network_json.h"
#include "telemetry/run_report.h"

namespace imagemill {
namespace {

using Json = nlohmann::ordered_json;

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

Json stage_json(const StageReport& stage) {
  const StageSnapshot& totals = stage.totals;
  const Histogram& ms = stage.item_ms;
  return {{"name", totals.name},
          {"items", totals.items},
          {"threads", totals.threads},
          {"busy_seconds", totals.busy_seconds},
          {"bytes", totals.bytes},
          {"item_ms",
           {{"count", ms.count()},
            {"mean", ms.mean()},
            {"p50", ms.percentile(50)},
            {"p95", ms.percentile(95)},
            {"p99", ms.percentile(99)},
            {"max", ms.max()}}}};
}

// Columns, not objects: 512 points with names would be mostly names.
Json timeline_json(const Timeline& timeline) {
  Json seconds = Json::array();
  Json rate = Json::array();
  Json resident = Json::array();
  Json in_flight = Json::array();
  Json cpu = Json::array();
  Json queues = Json::array();
  for (const TimelinePoint& point : timeline.points) {
    seconds.push_back(point.seconds);
    rate.push_back(point.items_per_second);
    resident.push_back(point.resident_bytes);
    in_flight.push_back(point.memory_in_flight_bytes);
    cpu.push_back(point.cpu_percent);
    queues.push_back(point.queue_depths);
  }
  return {{"stages", timeline.stages},
          {"seconds", std::move(seconds)},
          {"items_per_second", std::move(rate)},
          {"resident_bytes", std::move(resident)},
          {"memory_in_flight_bytes", std::move(in_flight)},
          {"cpu_percent", std::move(cpu)},
          {"queue_depths", std::move(queues)}};
}

Json counts_json(const std::vector<NamedCount>& counts) {
  Json list = Json::array();
  for (const NamedCount& entry : counts) {
    list.push_back({{"name", entry.name}, {"count", entry.count}});
  }
  return list;
}

Json rejects_json(const std::vector<RejectGroup>& groups) {
  Json list = Json::array();
  for (const RejectGroup& group : groups) {
    list.push_back({{"code", code_name(group.code)}, {"count", group.count}});
  }
  return list;
}

Json warnings_json(const WarningTally& warnings) {
  Json list = Json::array();
  for (const RunWarning& warning : warnings.kept()) {
    list.push_back({{"message", warning.message},
                    {"source", warning.source.empty() ? Json() : Json(warning.source)}});
  }
  return list;
}

}  // namespace

std::string to_json(const RunReport& report) {
  const RunFinished& finished = report.finished;
  Json stages = Json::array();
  for (const StageReport& stage : report.stages) stages.push_back(stage_json(stage));
  Json damaged = Json::array();
  for (size_t i = 0; i < report.damaged.size() && i < kMostDamagedShown; ++i) {
    damaged.push_back({{"key", report.damaged[i].key}, {"warnings", report.damaged[i].warnings}});
  }

  Json root = {{"schema", 1},
               {"outcome", name_of(finished.outcome)},
               {"error", finished.error.empty() ? Json() : Json(finished.error)},
               {"command", report.command},
               {"started_at", report.started_at},
               {"jobs", report.jobs}};
  add_paths(root, "inputs", report.inputs);
  add_path(root, "output", report.output);
  root.update({{"items",
                {{"total", finished.items_total},
                 {"done", finished.done},
                 {"failed", finished.failed},
                 {"skipped", finished.skipped},
                 {"damaged", finished.damaged},
                 {"resumed", finished.items_resumed}}},
               {"results_reused", finished.results_reused},
               {"seconds", finished.seconds},
               {"cpu_seconds", report.cpu_seconds},
               {"peak_resident_bytes", finished.peak_resident_bytes},
               {"bytes_read", report.bytes_read},
               {"bytes_written", report.bytes_written},
               {"machine",
                {{"threads", report.threads},
                 {"cores", report.cores},
                 {"memory_bytes", report.machine_memory_bytes},
                 {"max_memory_bytes", report.max_memory_bytes}}},
               {"options", report.options},
               {"versions", report.versions},
               {"bottleneck", report.bottleneck.empty() ? Json() : Json(report.bottleneck)},
               {"stages", std::move(stages)},
               {"networks", networks_json(finished.networks)},
               {"job_skips", finished.job_skips},
               {"late_decodes", report.late_decodes},
               {"warnings", warnings_json(report.warnings)},
               {"warnings_left_out", report.warnings.left_out()},
               {"rejects", rejects_json(report.rejects)},
               {"damaged", std::move(damaged)},
               {"formats", counts_json(report.formats)},
               {"sizes", counts_json(report.sizes)},
               {"orientations", counts_json(report.orientations)},
               {"timeline", timeline_json(report.timeline)}});
  return root.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace imagemill
