// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/provider_library.h"

#include <algorithm>
#include <filesystem>

#include "infer/onnx_runtime_state.h"
#include "infer/session.h"

namespace imagemill {
namespace {

constexpr size_t kNameMax = 32;

bool is_device_word(std::string_view name) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && name.size() <= kNameMax && is_letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

bool is_taken(std::string_view name) {
  const std::vector<DeviceName> names = device_names();
  return name == "auto" || std::ranges::find(names, name, &DeviceName::device) != names.end();
}

bool contains(const std::vector<Ort::ConstEpDevice>& devices, const OrtEpDevice* device) {
  return std::ranges::any_of(devices, [&](const auto& other) { return other == device; });
}

}  // namespace

Result<ProviderLibrary> parse_provider_library(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals + 1 == text.size())
    return fail(
        Code::kInvalidArgument,
        "--provider-library: '{}', expected NAME=PATH, as in npu=/opt/npu/libnpu_provider.so",
        text);
  const std::string_view name = text.substr(0, equals);
  if (!is_device_word(name))
    return fail(Code::kInvalidArgument,
                "--provider-library: '{}' in '{}', expected a name of at most {} small letters, "
                "digits, - and _",
                name, text, kNameMax);
  if (is_taken(name))
    return fail(Code::kInvalidArgument,
                "--provider-library: '{}' in '{}' is a device already, expected another name", name,
                text);
  return ProviderLibrary{.name = std::string(name), .path = std::string(text.substr(equals + 1))};
}

Result<std::vector<ProviderLibrary>> parse_provider_libraries(std::span<const std::string> texts) {
  std::vector<ProviderLibrary> libraries;
  for (const std::string& text : texts) {
    IMAGEMILL_ASSIGN_OR_RETURN(ProviderLibrary library, parse_provider_library(text));
    if (std::ranges::find(libraries, library.name, &ProviderLibrary::name) != libraries.end())
      return fail(Code::kInvalidArgument,
                  "--provider-library: '{}' twice, expected a name for each", library.name);
    libraries.push_back(std::move(library));
  }
  return libraries;
}

Result<std::vector<Ort::ConstEpDevice>> OnnxRuntime::State::devices_of(
    const ProviderLibrary& library) {
  constexpr int kFirstApi = 22;
  if (api_version < kFirstApi)
    return fail(Code::kUnsupported,
                "{}: ONNX Runtime {} takes no providers from libraries, 1.{} and later do",
                library.path, version, kFirstApi);
  // The runtime would look for a relative path beside itself.
  std::error_code error;
  const std::string full_path = std::filesystem::absolute(library.path, error);
  const std::lock_guard lock(libraries_mutex);
  for (const LoadedLibrary& loaded : libraries) {
    if (loaded.library.name != library.name) continue;
    if (loaded.library.path == full_path) return loaded.devices;
    return fail(Code::kInvalidArgument, "{}: the process has loaded {} as '{}' already", full_path,
                loaded.library.path, library.name);
  }
  if (!std::filesystem::is_regular_file(full_path, error))
    return fail(Code::kNotFound, "{}: no such file, expected a library with a provider", full_path);
  return call_runtime(Code::kUnsupported, full_path, [&] {
    const std::vector<Ort::ConstEpDevice> before = environment->GetEpDevices();
    environment->RegisterExecutionProviderLibrary(library.name.c_str(), full_path);
    std::vector<Ort::ConstEpDevice> devices = environment->GetEpDevices();
    std::erase_if(devices, [&](const auto& device) { return contains(before, device); });
    libraries.push_back({{library.name, full_path}, devices});
    return devices;
  });
}

}  // namespace imagemill
