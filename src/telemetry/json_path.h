// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Paths in JSON. They are bytes, and JSON holds UTF-8 alone: one that is not is percent-encoded,
// and the object's list "encoded" names the field. Programs can so open every file they are told
// of.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

namespace imagemill {

void add_path(nlohmann::ordered_json& object, const char* field, const std::string& path);

// Null for "": a path that is not there.
void add_path_or_null(nlohmann::ordered_json& object, const char* field, const std::string& path);

// A list of them, all of them encoded if one has to be.
void add_paths(nlohmann::ordered_json& object, const char* field,
               std::span<const std::string> paths);

// The bytes again; "" and none where there is no such field.
std::string path_in(const nlohmann::ordered_json& object, const char* field);
std::vector<std::string> paths_in(const nlohmann::ordered_json& object, const char* field);

}  // namespace imagemill
