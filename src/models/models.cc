// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/models.h"

#include <algorithm>

#include "models/catalogue.h"
#include "models/model_description.h"
#include "models/model_pull.h"
#include "models/model_store.h"
#include "models/network_notes.h"

namespace imagemill {

Result<std::vector<ModelDescription>> list_models(const ModelPlaces& places) {
  const ModelStore store(real_file_system(), places.store);
  IMAGEMILL_ASSIGN_OR_RETURN(const std::vector<ListedModel> listed, store.list());
  std::vector<ModelDescription> out;
  for (const ListedModel& model : listed) {
    ModelDescription described =
        model.manifest
            ? describe(*model.manifest)
            : ModelDescription{.name = model.name, .problem = model.manifest.error().message()};
    described.folder = join_path(places.store, model.name);
    described.is_in_store = true;
    out.push_back(std::move(described));
  }
  for (const ModelManifest& known : catalogue())
    if (std::ranges::find(out, known.name, &ModelDescription::name) == out.end())
      out.push_back(describe(known));
  std::ranges::sort(out, {}, &ModelDescription::name);
  return out;
}

Result<ModelDescription> describe_model(const ModelPlaces& places,
                                        const std::string& name_or_path) {
  const ModelStore store(real_file_system(), places.store);
  if (!store.has(name_or_path))
    if (const ModelManifest* known = find_in_catalogue(name_or_path)) return describe(*known);
  IMAGEMILL_ASSIGN_OR_RETURN(const FoundModel found, store.find(name_or_path));
  ModelDescription out = describe(found);
  if (found.batch != 1) return out;
  // Of a damaged model no run has found anything out.
  const auto hash = content_hash(real_file_system(), found);
  if (!hash) return out;
  for (const BatchTrial& trial : NetworkNotes(places.cache, *hash).batch_trials())
    out.batch_trials.push_back(
        {trial.runs_on.provider, trial.runs_on.runtime_version, trial.takes_more});
  return out;
}

Result<AddedModel> add_model(const ModelPlaces& places, const ModelAddition& addition) {
  AddRequest request{.path = addition.path, .name = addition.name, .labels = addition.labels};
  if (!addition.family.empty()) {
    IMAGEMILL_ASSIGN_OR_RETURN(request.family, parse_model_family(addition.family));
  }
  if (!addition.license.empty())
    request.license = ModelLicense{addition.license, addition.license_is_permissive};
  ModelStore store(real_file_system(), places.store);
  IMAGEMILL_ASSIGN_OR_RETURN(FoundModel added, store.add(request));
  return AddedModel{describe(added), std::move(added.assumptions)};
}

Result<ModelDescription> pull_model(const ModelPlaces& places, const std::string& name,
                                    const std::string& sha256, PullListener& listener,
                                    const CancelToken& cancel) {
  ModelStore store(real_file_system(), places.store);
  IMAGEMILL_ASSIGN_OR_RETURN(
      const FoundModel pulled,
      pull_into(real_file_system(), store,
                {.name = name, .sha256 = sha256, .mirror = places.mirror}, listener, cancel));
  return describe(pulled);
}

Result<std::vector<ModelVerdict>> verify_models(const ModelPlaces& places,
                                                const std::string& name) {
  const ModelStore store(real_file_system(), places.store);
  std::vector<std::string> names = {name};
  if (name.empty()) {
    IMAGEMILL_ASSIGN_OR_RETURN(const std::vector<ListedModel> listed, store.list());
    names.clear();
    for (const ListedModel& model : listed) names.push_back(model.name);
  }
  std::vector<ModelVerdict> out;
  for (const std::string& model : names) {
    IMAGEMILL_ASSIGN_OR_RETURN(const std::vector<FileVerdict> verdicts, store.verify(model));
    for (const FileVerdict& verdict : verdicts)
      out.push_back({model, verdict.file, verdict.problem});
  }
  return out;
}

Result<> remove_model(const ModelPlaces& places, const std::string& name) {
  return ModelStore(real_file_system(), places.store).remove(name);
}

}  // namespace imagemill
