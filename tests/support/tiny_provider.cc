// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A provider library as ONNX Runtime loads it, with one device: the CPU. It takes no operation of
// any network, so the runtime does all of them itself.
#include <onnxruntime_c_api.h>

#include <cstddef>
#include <cstdint>

namespace {

const OrtApi* api = nullptr;

class TinyProvider final : public OrtEp {
 public:
  TinyProvider() : OrtEp{} {
    ort_version_supported = ORT_API_VERSION;
    GetName = [](const OrtEp*) noexcept { return "TinyExecutionProvider"; };
    GetCapability = [](OrtEp*, const OrtGraph*, OrtEpGraphSupportInfo*) noexcept -> OrtStatusPtr {
      return nullptr;
    };
    Compile = [](OrtEp*, const OrtGraph**, const OrtNode**, size_t, OrtNodeComputeInfo**,
                 OrtNode**) noexcept -> OrtStatusPtr {
      return api->CreateStatus(ORT_NOT_IMPLEMENTED, "it takes no operation");
    };
    ReleaseNodeComputeInfos = [](OrtEp*, OrtNodeComputeInfo**, size_t) noexcept {};
  }
};

class TinyFactory final : public OrtEpFactory {
 public:
  TinyFactory() : OrtEpFactory{} {
    ort_version_supported = ORT_API_VERSION;
    GetName = [](const OrtEpFactory*) noexcept { return "TinyExecutionProvider"; };
    GetVendor = [](const OrtEpFactory*) noexcept { return "Imagemill's tests"; };
    GetVendorId = [](const OrtEpFactory*) noexcept { return uint32_t{0}; };
    GetVersion = [](const OrtEpFactory*) noexcept { return "1.0.0-beta.2+x"; };
    GetSupportedDevices = find_devices;
    CreateEp = [](OrtEpFactory*, const OrtHardwareDevice* const*, const OrtKeyValuePairs* const*,
                  size_t, const OrtSessionOptions*, const OrtLogger*,
                  OrtEp** provider) noexcept -> OrtStatusPtr {
      *provider = new TinyProvider;
      return nullptr;
    };
    ReleaseEp = [](OrtEpFactory*, OrtEp* provider) noexcept {
      delete static_cast<TinyProvider*>(provider);
    };
    CreateAllocator = [](OrtEpFactory*, const OrtMemoryInfo*, const OrtKeyValuePairs*,
                         OrtAllocator** allocator) noexcept -> OrtStatusPtr {
      *allocator = nullptr;  // the runtime's own
      return nullptr;
    };
    ReleaseAllocator = [](OrtEpFactory*, OrtAllocator*) noexcept {};
    CreateDataTransfer = [](OrtEpFactory*,
                            OrtDataTransferImpl** transfer) noexcept -> OrtStatusPtr {
      *transfer = nullptr;
      return nullptr;
    };
    IsStreamAware = [](const OrtEpFactory*) noexcept { return false; };
  }

 private:
  static OrtStatusPtr ORT_API_CALL find_devices(OrtEpFactory* factory,
                                                const OrtHardwareDevice* const* devices,
                                                size_t count, OrtEpDevice** found, size_t max,
                                                size_t* found_count) noexcept {
    *found_count = 0;
    for (size_t i = 0; i < count && *found_count == 0 && max > 0; ++i) {
      if (api->HardwareDevice_Type(devices[i]) != OrtHardwareDeviceType_CPU) continue;
      if (OrtStatus* status =
              api->GetEpApi()->CreateEpDevice(factory, devices[i], nullptr, nullptr, found))
        return status;
      *found_count = 1;
    }
    return nullptr;
  }
};

}  // namespace

extern "C" {

__attribute__((visibility("default"))) OrtStatus* CreateEpFactories(
    const char* /*name*/, const OrtApiBase* base, const OrtLogger* /*logger*/,
    OrtEpFactory** factories, size_t max_factories, size_t* count) {
  api = base->GetApi(ORT_API_VERSION);
  *count = 0;
  if (api == nullptr || max_factories == 0) return nullptr;
  factories[0] = new TinyFactory;
  *count = 1;
  return nullptr;
}

__attribute__((visibility("default"))) OrtStatus* ReleaseEpFactory(OrtEpFactory* factory) {
  delete static_cast<TinyFactory*>(factory);
  return nullptr;
}

}  // extern "C"
