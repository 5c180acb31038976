// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/result_json.h"

namespace imagemill {

std::string json_text(const Json& result) {
  return result.dump(2, ' ', false, Json::error_handler_t::replace);
}

Json size_json(Size size) { return {{"width", size.width}, {"height", size.height}}; }

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace imagemill
