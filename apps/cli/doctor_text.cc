// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "doctor_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "imagemill/text.h"
#include "terminal_text.h"

namespace imagemill::cli {
namespace {

std::string line(std::string_view name, std::string_view text) {
  return fmt::format("{:<16}{}\n", name, text);
}

std::string list(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, " "));
}

std::string provider_text(const DiagnosedProvider& provider) {
  if (provider.problem.empty())
    return provider.library.empty() ? "works" : "works, by " + terminal_escape(provider.library);
  std::string text = terminal_escape(provider.problem);
  if (!provider.remedy.empty()) text += "; it takes: " + terminal_escape(provider.remedy);
  return text;
}

std::string networks_text(const NetworkDiagnosis& d) {
  std::string out;
  if (d.runtime_version.empty()) {
    out += line("networks", terminal_escape(d.runtime_problem));
  } else {
    out += line("networks", fmt::format("ONNX Runtime {}, {}", terminal_escape(d.runtime_version),
                                        terminal_escape(d.runtime_path)));
    for (const DiagnosedProvider& provider : d.providers)
      out += line("  " + provider.device, provider_text(provider));
    if (!d.other_providers.empty())
      out += line("  not used", terminal_escape(list(d.other_providers)));
  }
  if (d.devices.empty()) out += line("devices", "none: " + terminal_escape(d.devices_problem));
  for (const DiagnosedDevice& device : d.devices)
    out += line("devices",
                fmt::format("{}, {}, {} free", terminal_escape(device.name),
                            human_bytes(device.memory_bytes), human_bytes(device.free_bytes)));
  out += line("models",
              d.models_folder.empty()
                  ? "nowhere: neither IMAGEMILL_MODELS nor HOME says where"
                  : fmt::format("{}, {} in {}", human_count(d.models), human_bytes(d.model_bytes),
                                terminal_escape(d.models_folder)));
  out +=
      line("cache", d.cache_folder.empty()
                        ? "nowhere: it is off, or neither IMAGEMILL_CACHE nor HOME says where"
                        : fmt::format("{} results, {} in {}", human_count(d.cached_results),
                                      human_bytes(d.cache_bytes), terminal_escape(d.cache_folder)));
  return out;
}

}  // namespace

std::string doctor_text(const Diagnosis& d, const std::string& codec_host,
                        const std::string& settings) {
  std::string out = line("imagemill", d.version);
  out += line("cores", fmt::format("{} usable", d.cores));
  out +=
      line("memory", d.memory_bytes == 0 ? "not known" : human_bytes(d.memory_bytes) + " usable");
  out += line("settings", terminal_escape(settings));
  out += line("reads", list(d.reads));
  out += line("writes", list(d.writes));
  out += line("helper", fmt::format("{}, {}", terminal_escape(codec_host),
                                    d.has_helper ? "found" : "not found: without it there is no"));
  out += line("  reads", list(d.helper_reads));
  out += line("  writes", list(d.helper_writes));
  out += line("  --isolate", d.helper_isolates.empty() ? "not possible" : list(d.helper_isolates));
  out += networks_text(d.networks);
  for (size_t i = 0; i < d.libraries.size(); ++i)
    out += line(i == 0 ? "libraries" : "", d.libraries[i]);
  return out;
}

}  // namespace imagemill::cli
