// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "bench_model_text.h"

#include <fmt/format.h>

#include "imagemill/text.h"
#include "terminal_text.h"

namespace imagemill::cli {
namespace {

std::string row_text(const BenchModelRow& row, bool is_best) {
  if (!row.problem.empty())
    return fmt::format("{:>5}  {}\n", row.batch, terminal_escape(row.problem));
  if (row.images_per_second <= 0) return fmt::format("{:>5}  not measured\n", row.batch);
  return fmt::format("{:>5}  {:>10.2f}  {:>10}  {:>10}{}\n", row.batch, row.batch_seconds * 1000,
                     human_number(row.images_per_second), human_bytes(row.resident_bytes),
                     is_best ? "  best" : "");
}

}  // namespace

std::string bench_model_text(const BenchModelReport& report) {
  std::string out =
      fmt::format("{} on {}, ONNX Runtime {}, input {}\n", terminal_escape(report.model),
                  terminal_escape(report.provider), terminal_escape(report.runtime_version),
                  terminal_escape(report.input));
  out +=
      fmt::format("{} at once, {} each\n",
                  report.runs_at_once == 1 ? std::string("one batch")
                                           : fmt::format("{} batches", report.runs_at_once),
                  report.threads_per_run == 1 ? std::string("one thread")
                                              : fmt::format("{} threads", report.threads_per_run));
  for (const std::string& note : report.notes) out += terminal_escape(note) + '\n';
  out += fmt::format("{:>5}  {:>10}  {:>10}  {:>10}\n", "BATCH", "MS/BATCH", "IMAGES/S", "MEMORY");
  for (const BenchModelRow& row : report.rows) out += row_text(row, row.batch == report.best_batch);
  if (!report.is_whole) return out + "stopped before the end\n";
  out += fmt::format("peak memory {}\n", human_bytes(report.peak_resident_bytes));
  if (report.remembered_batch != 0)
    out += fmt::format("remembered: jobs begin with batches of {}\n", report.remembered_batch);
  return out;
}

}  // namespace imagemill::cli
