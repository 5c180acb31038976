// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/result_json.h"
#include "imagemill/inspect.h"

namespace imagemill {
namespace {

Json tallies_json(const std::vector<Tally>& tallies) {
  Json out = Json::object();
  for (const Tally& tally : tallies) out[tally.name] = tally.count;
  return out;
}

Json problems_json(const std::vector<FileProblem>& problems) {
  Json out = Json::array();
  for (const FileProblem& problem : problems) {
    Json row{{"key", problem.key}};
    if (!problem.stage.empty()) row["stage"] = problem.stage;
    row["text"] = problem.text;
    out.push_back(std::move(row));
  }
  return out;
}

Json duplicates_json(const std::vector<DuplicateGroup>& groups) {
  Json out = Json::array();
  for (const DuplicateGroup& group : groups)
    out.push_back({{"hash", group.hash}, {"bytes", group.bytes}, {"keys", group.keys}});
  return out;
}

}  // namespace

std::string to_json(const CollectionReport& report) {
  Json out{{"is_whole", report.is_whole}, {"files", report.files},
           {"pictures", report.pictures}, {"others", report.others},
           {"bytes", report.bytes},       {"formats", tallies_json(report.formats)}};
  out["sizes"] = {{"smallest", size_json(report.smallest)},
                  {"median", size_json(report.median)},
                  {"largest", size_json(report.largest)}};
  out["megapixels"] = tallies_json(report.megapixels);
  out["aspects"] = tallies_json(report.aspects);
  out["orientations"] = tallies_json(report.orientations);
  out["pixel_formats"] = tallies_json(report.pixel_formats);
  out["profiles"] = tallies_json(report.profiles);
  out["sharpness_median"] = report.sharpness_median;
  out["thresholds"] = {{"blurred_sharpness", kBlurredSharpness},
                       {"dark_mean", kDarkMean},
                       {"blown_share", kBlownShare}};
  out["blurred"] = report.blurred;
  out["blank"] = report.blank;
  out["dark"] = report.dark;
  out["blown"] = report.blown;
  out["broken"] = problems_json(report.broken);
  out["damaged"] = problems_json(report.damaged);
  out["duplicates"] = duplicates_json(report.duplicates);
  return json_text(out);
}

}  // namespace imagemill
