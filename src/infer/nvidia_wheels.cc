// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/nvidia_wheels.h"

#include <dlfcn.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <string_view>

#include "base/file_system.h"

namespace imagemill {
namespace {

namespace fs = std::filesystem;

// In the order of loading; cuDNN finds the parts of itself that lie beside it.
constexpr std::string_view kLibraries[] = {
    "libcudart.so.",  "libnvJitLink.so.",      "libnvrtc.so.",       "libcublasLt.so.",
    "libcublas.so.",  "libcufft.so.",          "libcurand.so.",      "libcudnn.so.",
    "libnvinfer.so.", "libnvinfer_plugin.so.", "libnvonnxparser.so."};

// site-packages of .../site-packages/onnxruntime/capi/libonnxruntime.so.1.31.1.
fs::path packages_of(const std::string& runtime_path) {
  return fs::path(runtime_path).parent_path().parent_path().parent_path();
}

std::vector<fs::path> library_folders(const fs::path& packages) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (const auto& part : fs::directory_iterator(packages / "nvidia", error))
    folders.push_back(part.path() / "lib");
  std::ranges::sort(folders);
  folders.push_back(packages / "tensorrt_libs");
  return folders;
}

}  // namespace

std::vector<std::string> nvidia_wheel_libraries(const std::string& runtime_path) {
  std::vector<std::string> files;
  std::error_code error;
  for (const fs::path& folder : library_folders(packages_of(runtime_path)))
    for (const auto& file : fs::directory_iterator(folder, error)) files.push_back(file.path());
  std::ranges::sort(files);
  std::vector<std::string> found;
  for (const std::string_view library : kLibraries)
    std::ranges::copy_if(files, std::back_inserter(found), [&](const std::string& file) {
      return file_name(file).starts_with(library);
    });
  return found;
}

void load_nvidia_wheels(const std::string& runtime_path) {
  static std::once_flag once;
  std::call_once(once, [&] {
    for (const std::string& library : nvidia_wheel_libraries(runtime_path))
      (void)dlopen(library.c_str(), RTLD_LAZY | RTLD_LOCAL);
  });
}

}  // namespace imagemill
