// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/reject_line.h"

#include <nlohmann/json.hpp>

namespace imagemill {

std::string reject_line(std::string_view key, std::string_view stage, Code code,
                        std::string_view message) {
  const nlohmann::ordered_json line = {
      {"key", key}, {"stage", stage}, {"code", code_name(code)}, {"message", message}};
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace imagemill
