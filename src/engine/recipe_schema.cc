// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "imagemill/engine.h"

namespace imagemill {

std::string recipe_schema_json() {
  using Json = nlohmann::ordered_json;
  Json names = Json::array();
  for (const JobInfo& job : list_jobs()) names.push_back(job.name);
  Json jobs = {{"description", "the jobs of the run: a name or a list of them"}};
  jobs["anyOf"] = {{{"enum", names}}, {{"type", "array"}, {"items", {{"enum", names}}}}};

  Json out = Json::parse(option_schema_json("recipe", run_options()));
  Json& properties = out["properties"];
  properties["jobs"] = std::move(jobs);
  for (const JobInfo& job : list_jobs()) {
    Json options = Json::parse(option_schema_json(job.name, job.options));
    options.erase("$schema");
    options["description"] = job.summary;
    properties[std::string(job.name)] = std::move(options);
  }
  return out.dump(2);
}

}  // namespace imagemill
