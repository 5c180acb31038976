// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "engine/committer.h"
#include "engine/item_stages.h"
#include "engine/work_list.h"
#include "pipeline/pipeline.h"

namespace imagemill {

// The stages that every item passes: read, decode, jobs, commit. `tell_failure` is called for each
// item that failed. What is passed must outlive the pipeline.
Pipeline<Item> build_pipeline(StageContext& context, WorkList& work, Committer& committer,
                              std::function<void(const Item&)> tell_failure);

std::vector<std::string> stage_names(const Pipeline<Item>& pipeline);

}  // namespace imagemill
