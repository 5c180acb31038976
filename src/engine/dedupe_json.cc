// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "imagemill/dedupe.h"

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
    const DuplicateStep& step = outcome.steps[i];
    text += (i == 0 ? "\n " : ",\n ") + dump({{"key", step.key},
                                              {"state", step_state_name(step.state)},
                                              {"from", text_or_null(step.from)},
                                              {"to", text_or_null(step.to)},
                                              {"problem", text_or_null(step.problem)}});
  }
  return text + fmt::format("],\n\"stopped\": {},\n\"journal\": {}\n}}\n",
                            dump(text_or_null(why_stopped(outcome.run))),
                            dump(text_or_null(outcome.journal)));
}

}  // namespace imagemill
