// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/nvidia_devices.h"

#include <dlfcn.h>

#include <array>
#include <memory>

namespace imagemill {
namespace {

// What NVML's header declares; its interface is stable, and comes with the driver.
using NvmlDevice = struct NvmlDeviceHandle*;
struct NvmlMemory {
  unsigned long long total;
  unsigned long long free;
  unsigned long long used;
};
constexpr int kNvmlSuccess = 0;

struct CloseLibrary {
  void operator()(void* library) const { dlclose(library); }
};

struct Nvml {
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*count)(unsigned*) = nullptr;
  int (*handle)(unsigned, NvmlDevice*) = nullptr;
  int (*name)(NvmlDevice, char*, unsigned) = nullptr;
  int (*memory)(NvmlDevice, NvmlMemory*) = nullptr;

  bool find_in(void* library) {
    const auto find = [library](const char* symbol, auto& function) {
      function =
          reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, symbol));
      return function != nullptr;
    };
    return find("nvmlInit_v2", init) && find("nvmlShutdown", shutdown) &&
           find("nvmlDeviceGetCount_v2", count) && find("nvmlDeviceGetHandleByIndex_v2", handle) &&
           find("nvmlDeviceGetName", name) && find("nvmlDeviceGetMemoryInfo", memory);
  }
};

std::vector<NvidiaDevice> list(const Nvml& nvml) {
  std::vector<NvidiaDevice> devices;
  unsigned count = 0;
  if (nvml.count(&count) != kNvmlSuccess) return devices;
  for (unsigned i = 0; i < count; ++i) {
    NvmlDevice device = nullptr;
    std::array<char, 128> name{};
    NvmlMemory memory{};
    if (nvml.handle(i, &device) != kNvmlSuccess) continue;
    if (nvml.name(device, name.data(), name.size() - 1) != kNvmlSuccess) continue;
    if (nvml.memory(device, &memory) != kNvmlSuccess) memory = {};
    devices.push_back(
        {.name = name.data(), .memory_bytes = memory.total, .free_bytes = memory.free});
  }
  return devices;
}

}  // namespace

Result<std::vector<NvidiaDevice>> nvidia_devices() {
  const std::unique_ptr<void, CloseLibrary> library(dlopen("libnvidia-ml.so.1", RTLD_NOW));
  if (library == nullptr) return fail(Code::kNotFound, "no NVIDIA driver");
  Nvml nvml;
  if (!nvml.find_in(library.get()))
    return fail(Code::kUnsupported, "NVIDIA's management library lacks what is asked of it");
  if (const int code = nvml.init(); code != kNvmlSuccess)
    return fail(Code::kUnsupported, "NVIDIA's management library does not start (error {})", code);
  std::vector<NvidiaDevice> devices = list(nvml);
  nvml.shutdown();
  return devices;
}

}  // namespace imagemill
