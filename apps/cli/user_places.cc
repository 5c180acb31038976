// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "user_places.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>

#include "program_folder.h"
#include "settings.h"

namespace imagemill::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOff = "off";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// $variable/imagemill, else ~/otherwise/imagemill. The specification of these variables wants
// relative paths ignored.
std::string base_folder(const char* variable, const std::string& otherwise) {
  if (const std::string named = environment(variable); named.starts_with('/'))
    return named + "/imagemill";
  const std::string home = environment("HOME");
  return home.starts_with('/') ? home + "/" + otherwise + "/imagemill" : "";
}

// The wheel's folder in each Python version of an installation, the newest first.
void add_python(const fs::path& prefix, std::vector<std::string>& folders) {
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& version : fs::directory_iterator(prefix / "lib", error)) {
    if (!version.path().filename().string().starts_with("python3")) continue;
    for (const char* packages : {"site-packages", "dist-packages"}) {
      const fs::path folder = version.path() / packages / "onnxruntime" / "capi";
      if (fs::is_directory(folder, error)) found.push_back(folder);
    }
  }
  std::ranges::sort(found, std::greater{});
  std::ranges::move(found, std::back_inserter(folders));
}

// Where the python3 that a shell would start is installed; "" when there is none.
fs::path python_on_path() {
  std::istringstream path(environment("PATH"));
  std::error_code error;
  for (std::string folder; std::getline(path, folder, ':');) {
    const fs::path program = fs::path(folder) / "python3";
    if (!folder.empty() && fs::is_regular_file(program, error))
      return fs::weakly_canonical(program, error).parent_path().parent_path();
  }
  return {};
}

std::vector<std::string> onnxruntime_folders() {
  std::vector<std::string> folders = {program_folder()};
  for (const char* variable : {"VIRTUAL_ENV", "CONDA_PREFIX"})
    if (const std::string prefix = environment(variable); !prefix.empty())
      add_python(prefix, folders);
  if (const fs::path prefix = python_on_path(); !prefix.empty()) add_python(prefix, folders);
  if (const std::string home = environment("HOME"); !home.empty())
    add_python(fs::path(home) / ".local", folders);
  add_python("/usr/local", folders);
  return folders;
}

std::vector<std::string> split(const std::string& joined, char separator) {
  std::vector<std::string> texts;
  std::istringstream all(joined);
  for (std::string text; std::getline(all, text, separator);)
    if (!text.empty()) texts.push_back(text);
  return texts;
}

// What an option names; nullopt: it was not given.
Result<std::optional<std::string>> named(const std::map<std::string, std::string>& options,
                                         const std::string& option, std::string_view expected) {
  const auto it = options.find(option);
  if (it == options.end()) return std::nullopt;
  if (it->second.empty())
    return fail(Code::kInvalidArgument, "--{}: '', expected {}", option, expected);
  return it->second;
}

}  // namespace

UserPlaces user_places() {
  UserPlaces places{.models = environment("IMAGEMILL_MODELS"),
                    .models_mirror = environment("IMAGEMILL_MODELS_MIRROR"),
                    .cache = environment("IMAGEMILL_CACHE"),
                    .onnxruntime = environment("IMAGEMILL_ONNXRUNTIME"),
                    .provider_libraries = split(environment("IMAGEMILL_PROVIDER_LIBRARIES"), ':')};
  if (places.models.empty()) {
    places.models = base_folder("XDG_DATA_HOME", ".local/share");
    if (!places.models.empty()) places.models += "/models";
  }
  if (places.cache.empty()) places.cache = base_folder("XDG_CACHE_HOME", ".cache");
  if (places.cache == kOff) places.cache.clear();
  places.onnxruntime_folders = onnxruntime_folders();
  return places;
}

Result<UserPlaces> places_with(const std::map<std::string, std::string>& options) {
  UserPlaces places = user_places();
  IMAGEMILL_ASSIGN_OR_RETURN(const auto cache, named(options, "cache", "a folder, or off"));
  IMAGEMILL_ASSIGN_OR_RETURN(const auto runtime,
                             named(options, "onnxruntime", "a library or its folder"));
  if (cache) places.cache = *cache == kOff ? "" : *cache;
  if (runtime) places.onnxruntime = *runtime;
  if (const auto libraries = options.find("provider-library"); libraries != options.end())
    places.provider_libraries = split(libraries->second, '\n');
  return places;
}

UserPlaces places_with_settings() {
  RunSpec settings;
  if (!use_settings(settings_path(), settings)) return user_places();
  return places_with(settings.options).value_or(user_places());
}

}  // namespace imagemill::cli
