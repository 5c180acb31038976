// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/run_records.h"

#include <algorithm>

#include "codec/codec.h"
#include "imagemill/version.h"
#include "telemetry/machine_limits.h"
#include "telemetry/reject_line.h"

namespace imagemill {
namespace {

std::string_view size_class(int width, int height) {
  const double megapixels = static_cast<double>(width) * height / 1e6;
  return megapixels < 0.25 ? "below 0.25 MP"
         : megapixels < 1  ? "0.25-1 MP"
         : megapixels < 4  ? "1-4 MP"
         : megapixels < 12 ? "4-12 MP"
         : megapixels < 50 ? "12-50 MP"
                           : "50 MP and more";
}

std::string_view orientation_name(int orientation) {
  switch (static_cast<Orientation>(orientation)) {
    case Orientation::kNormal:
      return "upright";
    case Orientation::kRotate90:
      return "to be turned right";
    case Orientation::kRotate180:
      return "upside down";
    case Orientation::kRotate270:
      return "to be turned left";
    default:
      return "mirrored";
  }
}

std::vector<NamedCount> most_frequent_first(const std::map<std::string, int64_t>& counts) {
  std::vector<NamedCount> out;
  for (const auto& [name, count] : counts) out.push_back({name, count});
  std::ranges::stable_sort(out, std::ranges::greater(), &NamedCount::count);
  return out;
}

// One pass over the items: what the report counts, and rejects.jsonl.
Result<std::string> survey(RunStore& store, RunReport& report) {
  std::string rejects;
  RejectTally tally;
  std::map<std::string, int64_t> formats, sizes, orientations;
  IMAGEMILL_TRY(store.for_each_item([&](const ItemRecord& item) -> Result<> {
    report.bytes_read += item.bytes;
    for (const OutputRecord& output : item.outputs) report.bytes_written += output.bytes;
    report.late_decodes += item.late_decodes;
    if (!item.format.empty()) ++formats[item.format];
    if (item.width > 0) {
      ++sizes[std::string(size_class(item.width, item.height))];
      ++orientations[std::string(orientation_name(item.orientation))];
    }
    if (item.state == ItemState::kDone && item.is_damaged &&
        report.damaged.size() < kMostDamagedShown)
      report.damaged.push_back({item.key, item.warnings});
    if (item.state == ItemState::kFailed) {
      const Code code = item.code.value_or(Code::kInternal);
      rejects += reject_line(item.key, item.stage, code, item.message);
      tally.add({item.key, item.stage, Status(code, item.message)});
    }
    return {};
  }));
  report.rejects = tally.groups();
  report.formats = most_frequent_first(formats);
  report.sizes = most_frequent_first(sizes);
  report.orientations = most_frequent_first(orientations);
  return rejects;
}

Result<> write_record(const OutputPlace& place, std::string_view name, const std::string& text,
                      FileSystem& fs) {
  return write_file_atomically(fs, join_path(place.state_folder(), name), as_byte_span(text));
}

}  // namespace

Result<> write_run_records(RunReport report, const OutputPlace& place, RunStore& store,
                           FileSystem& fs) {
  report.versions.emplace("imagemill", IMAGEMILL_VERSION);
  report.cores = usable_cores(fs);
  report.machine_memory_bytes = available_memory_bytes(fs);
  IMAGEMILL_ASSIGN_OR_RETURN(const std::string rejects, survey(store, report));
  IMAGEMILL_TRY(write_record(place, "rejects.jsonl", rejects, fs));
  IMAGEMILL_TRY(write_record(place, "run.json", to_json(report), fs));
  return write_record(place, "report.html", to_html(report), fs);
}

Result<std::string> write_report(const std::string& output) {
  FileSystem& fs = real_file_system();
  IMAGEMILL_ASSIGN_OR_RETURN(const OutputPlace place, OutputPlace::open(output, "auto", fs));
  if (fs.stat(place.report_path())) return place.report_path();
  IMAGEMILL_TRY(place.expect_store(fs));
  // The run was killed before it could write one: what the store knows is told.
  IMAGEMILL_ASSIGN_OR_RETURN(const auto store, RunStore::open_existing(place.store_path()));
  IMAGEMILL_ASSIGN_OR_RETURN(const RunTotals totals, store->totals());
  RunReport report;
  report.output = output;
  IMAGEMILL_ASSIGN_OR_RETURN(report.options, store->options());
  IMAGEMILL_ASSIGN_OR_RETURN(auto job_skips, store->job_skips());
  report.finished = {.outcome = RunFinished::Outcome::kCancelled,
                     .items_total = totals.done + totals.failed + totals.skipped,
                     .done = totals.done,
                     .failed = totals.failed,
                     .skipped = totals.skipped,
                     .damaged = totals.damaged,
                     .job_skips = std::move(job_skips)};
  IMAGEMILL_TRY(write_run_records(std::move(report), place, *store, fs));
  return place.report_path();
}

}  // namespace imagemill
