// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/recorded_run.h"

#include <nlohmann/json.hpp>

namespace imagemill {
namespace {

constexpr uint64_t kRunJsonBytesMax = uint64_t{64} << 20;

}  // namespace

RecordedRun read_recorded_run(const OutputPlace& place, FileSystem& fs) {
  RecordedRun out;
  const auto text = fs.read(join_path(place.state_folder(), "run.json"), kRunJsonBytesMax);
  if (!text) return out;
  const auto root = nlohmann::json::parse(as_text(*text), nullptr, false);
  if (!root.is_object()) return out;
  const auto outcome = root.find("outcome");
  out.is_complete = outcome != root.end() && *outcome == "complete";
  const auto inputs = root.find("inputs");
  if (inputs == root.end() || !inputs->is_array()) return out;
  for (const auto& input : *inputs)
    if (input.is_string()) out.inputs.push_back(input.get<std::string>());
  return out;
}

}  // namespace imagemill
