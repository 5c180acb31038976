// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "user_places.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "program_folder.h"

namespace imagemill::cli {
namespace {

namespace fs = std::filesystem;

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

// Separated as in PATH.
std::vector<std::string> texts_of(const char* variable) {
  std::vector<std::string> texts;
  std::istringstream all(environment(variable));
  for (std::string text; std::getline(all, text, ':');)
    if (!text.empty()) texts.push_back(text);
  return texts;
}

}  // namespace

UserPlaces user_places() {
  UserPlaces places{.models = environment("IMAGEMILL_MODELS"),
                    .models_mirror = environment("IMAGEMILL_MODELS_MIRROR"),
                    .cache = environment("IMAGEMILL_CACHE"),
                    .onnxruntime = environment("IMAGEMILL_ONNXRUNTIME"),
                    .provider_libraries = texts_of("IMAGEMILL_PROVIDER_LIBRARIES")};
  if (places.models.empty()) {
    places.models = base_folder("XDG_DATA_HOME", ".local/share");
    if (!places.models.empty()) places.models += "/models";
  }
  if (places.cache.empty()) places.cache = base_folder("XDG_CACHE_HOME", ".cache");
  places.onnxruntime_folders = onnxruntime_folders();
  return places;
}

}  // namespace imagemill::cli
