// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "settings.h"

#include <cstdlib>

#include "text_file.h"

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
  if (path.empty()) return std::nullopt;
  auto text = read_text_file(path);
  if (text) return std::move(*text);
  if (text.error().code() == Code::kNotFound) return std::nullopt;
  return std::unexpected(std::move(text).error());
}

Result<> use_settings(const std::string& path, RunSpec& spec) {
  IMAGEMILL_ASSIGN_OR_RETURN(const auto text, read_settings(path));
  if (!text) return {};
  auto applied = apply_settings(*text, spec);
  if (!applied) return std::unexpected(std::move(applied).error().with_context(path));
  return {};
}

Result<> use_settings(const std::string& path, std::span<const OptionSpec> known,
                      std::map<std::string, std::string>& options) {
  RunSpec settings;
  IMAGEMILL_TRY(use_settings(path, settings));
  for (const OptionSpec& option : known)
    if (const auto value = settings.options.find(std::string(option.name));
        value != settings.options.end())
      options.insert(*value);  // what is there stays
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
