// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/run_records.h"

#include <nlohmann/json.hpp>

#include "imagemill/version.h"
#include "telemetry/reject_line.h"

namespace imagemill {
namespace {

Result<> write_rejects(const OutputPlace& place, RunStore& store, FileSystem& fs) {
  std::string lines;
  IMAGEMILL_TRY(store.for_each_item([&](const ItemRecord& item) -> Result<> {
    if (item.state == ItemState::kFailed)
      lines += reject_line(item.key, item.stage, item.code.value_or(Code::kInternal), item.message);
    return {};
  }));
  return write_file_atomically(fs, join_path(place.state_folder(), "rejects.jsonl"),
                               as_byte_span(lines));
}

}  // namespace

Result<> write_run_records(const RunSpec& spec, const RunOptions& options, const OutputPlace& place,
                           RunStore& store, const RunFinished& finished, const Timeline& timeline,
                           FileSystem& fs) {
  (void)timeline;
  IMAGEMILL_TRY(write_rejects(place, store, fs));
  nlohmann::ordered_json run;
  run["version"] = IMAGEMILL_VERSION;
  run["command"] = spec.command;
  run["options"] = options;
  run["items"] = {{"total", finished.items_total}, {"done", finished.done},
                  {"failed", finished.failed},     {"skipped", finished.skipped},
                  {"damaged", finished.damaged},   {"resumed", finished.items_resumed}};
  run["seconds"] = finished.seconds;
  run["peak_resident_bytes"] = finished.peak_resident_bytes;
  const std::string text = run.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return write_file_atomically(fs, join_path(place.state_folder(), "run.json"), as_byte_span(text));
}

Result<Bytes> RunFinishContext::read_output(const std::string& path) {
  if (place_.sink_kind() != SinkKind::kFolder)
    return fail(Code::kNotFound, "{}: an archive gives no file back", path);
  return fs_.read(join_path(place_.output(), path), uint64_t{1} << 30);
}

Result<> RunFinishContext::write_output(const std::string& path, ByteSpan bytes) {
  IMAGEMILL_ASSIGN_OR_RETURN(const StagedFile file, sink_.stage(path, bytes));
  return sink_.publish({&file, 1});
}

}  // namespace imagemill

namespace imagemill {
Result<std::string> write_report(const std::string& output) { return fail(Code::kUnsupported, "{}: not yet", output); }
}  // namespace imagemill
