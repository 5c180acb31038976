// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Results of commands as JSON, all in one form.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "imagemill/image.h"

namespace imagemill {

using Json = nlohmann::ordered_json;

// Keys and paths are file names: what is no UTF-8 in them is replaced.
std::string json_text(const Json& result);

Json size_json(Size size);

// Null for "": what is not there.
Json text_or_null(const std::string& text);

}  // namespace imagemill
