// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/result_json.h"
#include "imagemill/stability.h"
#include "telemetry/json_path.h"

namespace imagemill {
std::string to_json(const StabilityReport& report) {
  Json variants = Json::array();
  for (const VariantStability& v : report.variants)
    variants.push_back({{"name", v.name},
                        {"description", v.description},
                        {"pictures", v.pictures},
                        {"mean", v.mean},
                        {"p5", v.p5},
                        {"worst", v.worst},
                        {"worst_key", v.worst_key},
                        {"found", v.found}});
  Json skipped = Json::array();
  for (const SkippedPicture& s : report.skipped)
    skipped.push_back({{"key", s.key}, {"why", s.why}});
  Json out = Json::object();
  add_path(out, "output", report.output);
  out.update({{"model", report.model},
              {"pictures", report.pictures},
              {"sample", report.sample},
              {"skipped", std::move(skipped)},
              {"variants", std::move(variants)}});
  return json_text(out);
}

}  // namespace imagemill
