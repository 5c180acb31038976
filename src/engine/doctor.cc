// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/doctor.h"

#include <algorithm>
#include <span>

#include "codec/helper_client.h"
#include "codec/registry.h"
#include "imagemill/cache.h"
#include "imagemill/models.h"
#include "imagemill/version.h"
#include "infer/provider_check.h"
#include "infer/session.h"
#include "kernels/libraries.h"
#include "store/sqlite.h"
#include "telemetry/machine_limits.h"
#include "telemetry/nvidia_devices.h"

namespace imagemill {
namespace {

std::vector<std::string> names_of(std::span<const FileFormat> formats) {
  std::vector<std::string> names;
  for (const FileFormat format : formats) names.emplace_back(format_name(format));
  return names;
}

std::string remedy_of(const ProviderCheck& check) {
  const std::vector<DeviceName> names = device_names();
  const auto it = std::ranges::find(names, check.device, &DeviceName::device);
  return check.problem.empty() || it == names.end() ? "" : std::string(it->remedy);
}

// Those that are named as they should be; of the others is told why not.
std::vector<ProviderLibrary> check_libraries(const UserPlaces& places, NetworkDiagnosis& d) {
  std::vector<ProviderLibrary> libraries;
  for (const std::string& text : places.provider_libraries) {
    auto library = parse_provider_library(text);
    if (library)
      libraries.push_back(std::move(*library));
    else
      d.providers.push_back({.device = "?", .problem = library.error().message(), .library = text});
  }
  return libraries;
}

void check_runtime(const UserPlaces& places, NetworkDiagnosis& d) {
  const auto runtime =
      OnnxRuntime::load({.library = places.onnxruntime, .folders = places.onnxruntime_folders});
  if (!runtime) {
    d.runtime_problem = runtime.error().message();
    return;
  }
  d.runtime_version = (*runtime)->version();
  d.runtime_path = (*runtime)->path();
  d.other_providers = (*runtime)->providers();
  const std::vector<ProviderLibrary> libraries = check_libraries(places, d);
  for (const ProviderCheck& check : check_providers(*runtime, libraries)) {
    std::erase(d.other_providers, check.provider);
    const auto library = std::ranges::find(libraries, check.device, &ProviderLibrary::name);
    d.providers.push_back({.device = check.device,
                           .is_installed = check.is_installed,
                           .problem = check.problem,
                           .remedy = remedy_of(check),
                           .library = library == libraries.end() ? "" : library->path});
  }
}

void check_devices(NetworkDiagnosis& d) {
  const auto devices = nvidia_devices();
  if (!devices) {
    d.devices_problem = devices.error().message();
    return;
  }
  if (devices->empty()) d.devices_problem = "NVIDIA's driver knows of none";
  for (const NvidiaDevice& device : *devices)
    d.devices.push_back({device.name, device.memory_bytes, device.free_bytes});
}

void count_files(const UserPlaces& places, NetworkDiagnosis& d) {
  d.models_folder = places.models;
  d.cache_folder = places.cache;
  if (!places.models.empty()) {
    if (const auto models = list_models({.store = places.models}))
      for (const ModelDescription& model : *models) {
        if (!model.is_in_store) continue;
        ++d.models;
        d.model_bytes += model.bytes();
      }
  }
  if (places.cache.empty()) return;
  if (const auto content = cache_content(places.cache)) {
    d.cached_results = content->results;
    d.cache_bytes = content->result_bytes + content->graph_bytes;
  }
}

}  // namespace

Diagnosis diagnose(const std::string& codec_host, const UserPlaces& places) {
  FileSystem& fs = real_file_system();
  const auto helper = fs.stat(codec_host);
  Diagnosis d{.version = IMAGEMILL_VERSION,
              .cores = usable_cores(fs),
              .memory_bytes = available_memory_bytes(fs),
              .reads = names_of(decodable_formats()),
              .writes = names_of(encodable_formats()),
              .has_helper = helper && helper->kind == FileStat::Kind::kFile,
              .helper_reads = names_of(HelperPool::decodable_formats()),
              .helper_writes = names_of(HelperPool::encodable_formats()),
              .libraries = codec_libraries()};
  if (fs.stat(codec_host + "-builtin.so")) d.helper_isolates = d.reads;
  std::ranges::move(kernel_libraries(), std::back_inserter(d.libraries));
  d.libraries.push_back(sqlite::library());
  check_runtime(places, d.networks);
  check_devices(d.networks);
  count_files(places, d.networks);
  return d;
}

}  // namespace imagemill
