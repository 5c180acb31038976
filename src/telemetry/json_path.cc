// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/json_path.h"

#include <algorithm>

#include "base/percent_code.h"
#include "imagemill/text.h"

namespace imagemill {
namespace {

using Json = nlohmann::ordered_json;

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const CodePoint next = next_code_point(text);
    if (!next.is_valid) return false;
    text.remove_prefix(next.bytes);
  }
  return true;
}

bool is_encoded(const Json& object, const char* field) {
  const auto encoded = object.find("encoded");
  return encoded != object.end() && encoded->is_array() &&
         std::ranges::find(*encoded, Json(field)) != encoded->end();
}

std::string decoded(const std::string& text, bool was_encoded) {
  return was_encoded ? percent_decoded(text) : text;
}

}  // namespace

void add_path(Json& object, const char* field, const std::string& path) {
  if (is_utf8(path)) {
    object[field] = path;
    return;
  }
  object[field] = percent_encoded(path);
  object["encoded"].push_back(field);
}

void add_path_or_null(Json& object, const char* field, const std::string& path) {
  if (path.empty())
    object[field] = nullptr;
  else
    add_path(object, field, path);
}

void add_paths(Json& object, const char* field, std::span<const std::string> paths) {
  const bool is_plain = std::ranges::all_of(paths, is_utf8);
  Json list = Json::array();
  for (const std::string& path : paths) list.push_back(is_plain ? path : percent_encoded(path));
  object[field] = std::move(list);
  if (!is_plain) object["encoded"].push_back(field);
}

std::string path_in(const Json& object, const char* field) {
  const auto found = object.find(field);
  if (found == object.end() || !found->is_string()) return {};
  return decoded(found->get<std::string>(), is_encoded(object, field));
}

std::vector<std::string> paths_in(const Json& object, const char* field) {
  std::vector<std::string> paths;
  const auto found = object.find(field);
  if (found == object.end() || !found->is_array()) return paths;
  const bool was_encoded = is_encoded(object, field);
  for (const Json& path : *found)
    if (path.is_string()) paths.push_back(decoded(path.get<std::string>(), was_encoded));
  return paths;
}

}  // namespace imagemill
