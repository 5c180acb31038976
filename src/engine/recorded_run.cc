// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/recorded_run.h"

#include "telemetry/json_path.h"

namespace imagemill {
namespace {

constexpr uint64_t kRunJsonBytesMax = uint64_t{64} << 20;

}  // namespace

RecordedRun read_recorded_run(const OutputPlace& place, FileSystem& fs) {
  RecordedRun out;
  const auto text = fs.read(join_path(place.state_folder(), "run.json"), kRunJsonBytesMax);
  if (!text) return out;
  const auto root = nlohmann::ordered_json::parse(as_text(*text), nullptr, false);
  if (!root.is_object()) return out;
  const auto outcome = root.find("outcome");
  out.is_complete = outcome != root.end() && *outcome == "complete";
  out.inputs = paths_in(root, "inputs");
  return out;
}

}  // namespace imagemill
