// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "settings.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace imagemill::cli {

std::string settings_path() {
  constexpr const char* kName = "imagemill/config.yaml";
  // The specification of that variable wants relative paths ignored.
  const char* folder = std::getenv("XDG_CONFIG_HOME");
  if (folder != nullptr && folder[0] == '/') return std::string(folder) + "/" + kName;
  const char* home = std::getenv("HOME");
  if (home == nullptr || home[0] != '/') return {};
  return std::string(home) + "/.config/" + kName;
}

Result<std::optional<std::string>> read_settings(const std::string& path) {
  std::error_code error;
  if (path.empty() || !std::filesystem::exists(path, error)) {
    if (!error) return std::nullopt;
    return fail(Code::kIoError, "{}: {}", path, error.message());
  }
  if (!std::filesystem::is_regular_file(path, error))
    return fail(Code::kInvalidArgument, "{}: not a file", path);
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Code::kIoError, "{}: {}", path, std::strerror(errno));
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

Result<> use_settings(const std::string& path, RunSpec& spec) {
  IMAGEMILL_ASSIGN_OR_RETURN(const auto text, read_settings(path));
  if (!text) return {};
  auto applied = apply_settings(*text, spec);
  if (!applied) return std::unexpected(std::move(applied).error().with_context(path));
  return {};
}

std::string settings_state(const std::string& path) {
  if (path.empty()) return "none: neither XDG_CONFIG_HOME nor HOME says where";
  const auto text = read_settings(path);
  if (text && !*text) return path + ", not there";
  RunSpec unused;
  const auto used = use_settings(path, unused);
  return used ? path + ", in use" : used.error().message() + " (runs refuse it; --no-config)";
}

}  // namespace imagemill::cli
