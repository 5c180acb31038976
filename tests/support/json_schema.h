// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace imagemill {

// As much of JSON Schema as the program's own schemas say.
bool fits_schema(const nlohmann::json& value, const nlohmann::json& schema);

}  // namespace imagemill
