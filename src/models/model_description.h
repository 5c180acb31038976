// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imagemill/models.h"
#include "models/model_manifest.h"
#include "models/model_store.h"

namespace imagemill {

// Manifests in the words of models.h.
ModelDescription describe(const ModelManifest& manifest);
ModelDescription describe(const FoundModel& model);

}  // namespace imagemill
