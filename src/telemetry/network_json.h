// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>

#include "imagemill/events.h"

namespace imagemill {

// A list of objects with the fields of the struct: the same in events and in run.json. What is not
// known is null.
nlohmann::ordered_json networks_json(std::span<const NetworkSnapshot> networks);

}  // namespace imagemill
