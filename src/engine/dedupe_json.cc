// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "imagemill/dedupe.h"
#include "telemetry/json_path.h"

namespace imagemill {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

std::string why_stopped(const RunFinished& run) {
  switch (run.outcome) {
    case RunFinished::Outcome::kComplete:
      break;
    case RunFinished::Outcome::kCancelled:
      return "cancelled";
    case RunFinished::Outcome::kFailed:
      return run.error;
  }
  return "";
}

Json step_json(const DuplicateStep& step) {
  Json json = {{"key", step.key}, {"state", step_state_name(step.state)}};
  add_path_or_null(json, "from", step.from);
  add_path_or_null(json, "to", step.to);
  json["problem"] = text_or_null(step.problem);
  return json;
}

// Without the braces: they become part of a larger object.
std::string end_json(const DedupeOutcome& outcome) {
  Json json = {{"stopped", text_or_null(why_stopped(outcome.run))}};
  add_path_or_null(json, "journal", outcome.journal);
  const std::string text = dump(json);
  return text.substr(1, text.size() - 2);
}

}  // namespace

std::string_view step_state_name(DuplicateStep::State state) {
  switch (state) {
    case DuplicateStep::State::kPlanned:
      return "planned";
    case DuplicateStep::State::kDone:
      return "done";
    case DuplicateStep::State::kThere:
      return "there";
    case DuplicateStep::State::kLeft:
      return "left";
  }
  return "";
}

std::string to_json(const DedupeOutcome& outcome) {
  std::string text = to_json(outcome.findings);
  text.resize(text.rfind('}'));  // what follows goes into the same object
  while (text.ends_with('\n')) text.pop_back();
  text += ",\n\"steps\": [";
  for (size_t i = 0; i < outcome.steps.size(); ++i) {
    text += (i == 0 ? "\n " : ",\n ") + dump(step_json(outcome.steps[i]));
  }
  return text + fmt::format("],\n{}\n}}\n", end_json(outcome));
}

}  // namespace imagemill
