// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/model_description.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/catalogue.h"

namespace imagemill {
namespace {

using nlohmann::ordered_json;

ordered_json json_of(const ModelFileDescription& file) {
  ordered_json out = {{"name", file.name}};
  out["bytes"] = file.bytes != 0 ? ordered_json(file.bytes) : ordered_json();
  out["sha256"] = !file.sha256.empty() ? ordered_json(file.sha256) : ordered_json();
  out["sources"] = file.sources;
  return out;
}

ordered_json json_of(const ModelBatchTrial& trial) {
  return {{"provider", trial.provider},
          {"runtime_version", trial.runtime_version},
          {"takes_more", trial.takes_more}};
}

ordered_json json_of(const ModelDescription& model) {
  ordered_json files = ordered_json::array();
  for (const ModelFileDescription& file : model.files) files.push_back(json_of(file));
  ordered_json trials = ordered_json::array();
  for (const ModelBatchTrial& trial : model.batch_trials) trials.push_back(json_of(trial));
  return {{"name", model.name},
          {"family", model.family},
          {"description", model.description},
          {"license", model.license},
          {"license_is_permissive", model.license_is_permissive},
          {"license_url", model.license_url},
          {"license_note", model.license_note},
          {"bytes", model.bytes()},
          {"files", std::move(files)},
          {"folder", model.folder},
          {"is_in_store", model.is_in_store},
          {"is_known", model.is_known},
          {"problem", model.problem},
          {"batch", model.batch},
          {"batch_trials", std::move(trials)}};
}

std::string dump(const ordered_json& json) {
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

uint64_t ModelDescription::bytes() const {
  uint64_t sum = 0;
  for (const ModelFileDescription& file : files) sum += file.bytes;
  return sum;
}

ModelDescription describe(const ModelManifest& manifest) {
  ModelDescription out{.name = manifest.name,
                       .family = std::string(name_of(manifest.family)),
                       .description = manifest.description,
                       .license = manifest.license.name,
                       .license_is_permissive = manifest.license.is_permissive,
                       .license_url = manifest.license.url,
                       .license_note = manifest.license.note,
                       .manifest = to_yaml(manifest),
                       .is_known = find_in_catalogue(manifest.name) != nullptr};
  for (const ModelFile& file : files_of(manifest))
    out.files.push_back({file.name, file.bytes, file.sha256, file.sources});
  return out;
}

ModelDescription describe(const FoundModel& model) {
  ModelDescription out = describe(model.manifest);
  out.folder = model.folder;
  out.is_in_store = model.is_in_store;
  out.batch = std::max<int64_t>(model.batch, 0);
  return out;
}

std::string license_notice(const ModelDescription& model) {
  std::string out =
      model.license.empty()
          ? fmt::format("{} is under a licence that is not known; see whether you may use it",
                        model.name)
          : fmt::format("{} is under the licence {}, which is not permissive", model.name,
                        model.license);
  if (!model.license_note.empty()) out += ": " + model.license_note;
  if (!model.license_url.empty()) out += fmt::format(" ({})", model.license_url);
  return out;
}

std::string to_json(const ModelDescription& model) { return dump(json_of(model)); }

std::string to_json(std::span<const ModelDescription> models) {
  ordered_json out = ordered_json::array();
  for (const ModelDescription& model : models) out.push_back(json_of(model));
  return dump(out);
}

}  // namespace imagemill
