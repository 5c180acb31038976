// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "models/model_manifest.h"

namespace imagemill {

// Well-known models, from src/models/catalogue/*.yaml: addresses, hashes, licences, no weights. By
// name.
std::span<const ModelManifest> catalogue();

// Null when there is no such model.
const ModelManifest* find_in_catalogue(std::string_view name);

}  // namespace imagemill
