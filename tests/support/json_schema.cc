// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "support/json_schema.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>

namespace imagemill {
namespace {

bool has_json_type(const nlohmann::json& value, const std::string& type) {
  return type == "object"    ? value.is_object()
         : type == "array"   ? value.is_array()
         : type == "string"  ? value.is_string()
         : type == "boolean" ? value.is_boolean()
         : type == "integer" ? value.is_number_integer()
         : type == "number"  ? value.is_number()
                             : false;
}

}  // namespace

bool fits_schema(const nlohmann::json& value, const nlohmann::json& schema) {
  using Json = nlohmann::json;
  const auto has = [&](const char* word) { return schema.contains(word); };
  if (has("type")) {
    const Json types = schema["type"].is_array() ? schema["type"] : Json::array({schema["type"]});
    if (std::ranges::none_of(types, [&](const Json& type) { return has_json_type(value, type); }))
      return false;
  }
  if (has("enum") && std::ranges::find(schema["enum"], value) == schema["enum"].end()) return false;
  if (has("anyOf") && std::ranges::none_of(schema["anyOf"], [&](const Json& one) {
        return fits_schema(value, one);
      }))
    return false;
  if (value.is_string() && has("pattern") &&
      !std::regex_search(value.get<std::string>(),
                         std::regex(schema["pattern"].get<std::string>())))
    return false;
  if (value.is_number() && has("minimum") && value.get<double>() < schema["minimum"].get<double>())
    return false;
  if (value.is_number() && has("maximum") && value.get<double>() > schema["maximum"].get<double>())
    return false;
  if (value.is_array() && has("items") && !std::ranges::all_of(value, [&](const Json& item) {
        return fits_schema(item, schema["items"]);
      }))
    return false;
  if (!value.is_object()) return true;
  return std::ranges::all_of(value.items(), [&](const auto& member) {
    if (!schema["properties"].contains(member.key()))
      return schema.value("additionalProperties", true);
    return fits_schema(member.value(), schema["properties"][member.key()]);
  });
}

}  // namespace imagemill
