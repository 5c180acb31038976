// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/result_json.h"
#include "imagemill/bench_model.h"

namespace imagemill {
namespace {

Json row_json(const BenchModelRow& row) {
  return {{"batch", row.batch},
          {"batch_seconds", row.batch_seconds},
          {"images_per_second", row.images_per_second},
          {"resident_bytes", row.resident_bytes},
          {"runs", row.runs},
          {"problem", text_or_null(row.problem)}};
}

}  // namespace

std::string to_json(const BenchModelReport& report) {
  Json rows = Json::array();
  for (const BenchModelRow& row : report.rows) rows.push_back(row_json(row));
  const Json root{{"model", report.model},
                  {"provider", report.provider},
                  {"runtime_version", report.runtime_version},
                  {"input", report.input},
                  {"runs_at_once", report.runs_at_once},
                  {"threads_per_run", report.threads_per_run},
                  {"rows", std::move(rows)},
                  {"best_batch", report.best_batch},
                  {"peak_resident_bytes", report.peak_resident_bytes},
                  {"remembered_batch", report.remembered_batch},
                  {"is_whole", report.is_whole},
                  {"notes", report.notes}};
  return json_text(root);
}

}  // namespace imagemill
