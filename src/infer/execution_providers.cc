// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/execution_providers.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <memory>

#include "base/file_system.h"
#include "infer/nvidia_wheels.h"

namespace imagemill {
namespace {

using KeyValues = std::map<std::string, std::string>;

struct Arrays {
  std::vector<const char*> keys;
  std::vector<const char*> values;
  explicit Arrays(const KeyValues& map) {
    for (const auto& [key, value] : map) {
      keys.push_back(key.c_str());
      values.push_back(value.c_str());
    }
  }
};

// A device of a provider, and the session that is to use it. Good as long as the settings.
struct Target {
  const OnnxRuntime& runtime;
  const SessionSettings& settings;
  int index = 0;
};

void append_cuda(Ort::SessionOptions& options, const Target& target) {
  // An exhaustive search of convolution algorithms takes minutes and its choice changes from run to
  // run; TF32 keeps ten bits of a float's mantissa, too few for results that do not depend on the
  // batch.
  KeyValues values{{"device_id", std::to_string(target.index)},
                   {"cudnn_conv_algo_search", "HEURISTIC"},
                   {"arena_extend_strategy", "kSameAsRequested"}};
  constexpr int kFirstApiWithTf32 = 18;  // older ones refuse what they do not know
  if (target.runtime.api_version() >= kFirstApiWithTf32) values.emplace("use_tf32", "0");
  const Arrays arrays(values);
  load_nvidia_wheels(target.runtime.path());
  OrtCUDAProviderOptionsV2* raw = nullptr;
  Ort::ThrowOnError(Ort::GetApi().CreateCUDAProviderOptions(&raw));
  const std::unique_ptr<OrtCUDAProviderOptionsV2, void (*)(OrtCUDAProviderOptionsV2*)> cuda(
      raw, Ort::GetApi().ReleaseCUDAProviderOptions);
  Ort::ThrowOnError(Ort::GetApi().UpdateCUDAProviderOptions(
      cuda.get(), arrays.keys.data(), arrays.values.data(), arrays.keys.size()));
  options.AppendExecutionProvider_CUDA_V2(*cuda);
}

// Engines of one version of the runtime: another one cannot read them.
std::string engine_folder(const Target& target) {
  std::string folder =
      join_path(target.settings.optimized_folder, "tensorrt-ort" + target.runtime.version());
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  return error ? std::string() : folder;
}

// Takes minutes the first time. What it cannot run CUDA does.
void append_tensorrt(Ort::SessionOptions& options, const Target& target) {
  KeyValues values{{"device_id", std::to_string(target.index)}, {"trt_fp16_enable", "0"}};
  if (!target.settings.optimized_folder.empty()) {
    if (const std::string folder = engine_folder(target); !folder.empty()) {
      values.emplace("trt_engine_cache_enable", "1");
      values.emplace("trt_engine_cache_path", folder);
      values.emplace("trt_engine_cache_prefix", target.settings.model_hash);
    }
  }
  const Arrays arrays(values);
  load_nvidia_wheels(target.runtime.path());
  OrtTensorRTProviderOptionsV2* raw = nullptr;
  Ort::ThrowOnError(Ort::GetApi().CreateTensorRTProviderOptions(&raw));
  const std::unique_ptr<OrtTensorRTProviderOptionsV2, void (*)(OrtTensorRTProviderOptionsV2*)> rt(
      raw, Ort::GetApi().ReleaseTensorRTProviderOptions);
  Ort::ThrowOnError(Ort::GetApi().UpdateTensorRTProviderOptions(
      rt.get(), arrays.keys.data(), arrays.values.data(), arrays.keys.size()));
  options.AppendExecutionProvider_TensorRT_V2(*rt);
  append_cuda(options, target);
}

// A stream for each run that there may be: one would take them in turn.
void append_openvino(Ort::SessionOptions& options, const Target& target) {
  const int runs = std::max(1, target.settings.runs_at_once);
  options.AppendExecutionProvider_OpenVINO_V2(
      {{"device_type", "CPU"},
       {"num_of_threads", std::to_string(runs * target.settings.threads_per_run)},
       {"num_streams", std::to_string(runs)},
       {"precision", "FP32"}});
}

void append_coreml(Ort::SessionOptions& options, const Target&) {
  options.AppendExecutionProvider("CoreML", {{"ModelFormat", "MLProgram"}});
}

// A provider that ONNX Runtime has itself, if it was built with it.
struct KnownProvider {
  std::string_view device;    // as the user names it
  std::string_view provider;  // as the runtime does
  bool is_automatic;          // tried by "auto"
  bool has_index;
  bool computes_on_cpu;
  void (*append)(Ort::SessionOptions&, const Target&);
  std::string_view remedy;  // what it takes to have it
};

// In the order in which "auto" tries them; the CPU comes after all.
constexpr KnownProvider kKnown[] = {
    {"tensorrt", "Tensorrt", false, true, false, append_tensorrt,
     "pip install \"onnxruntime-gpu[cuda,cudnn]\" tensorrt, with NVIDIA's driver"},
    {"cuda", "CUDA", true, true, false, append_cuda,
     "pip install \"onnxruntime-gpu[cuda,cudnn]\" without onnxruntime beside it, with NVIDIA's "
     "driver"},
    {"coreml", "CoreML", true, false, false, append_coreml, "on a Mac: pip install onnxruntime"},
    {"openvino", "OpenVINO", true, false, true, append_openvino,
     "pip install onnxruntime-openvino without onnxruntime beside it"},
};

constexpr std::string_view kAuto = "auto";
constexpr std::string_view kCpu = "cpu";

// A device as the user names it: "cuda:1".
struct Device {
  std::string name;
  int index = 0;
};

std::unexpected<Status> no_device(const std::string& text) {
  return fail(
      Code::kInvalidArgument,
      "--device: '{}', expected auto, cpu, cuda[:n], tensorrt[:n], openvino, coreml, or the "
      "name of a provider library",
      text);
}

const KnownProvider* find_known(std::string_view device) {
  const auto* const known = std::ranges::find(kKnown, device, &KnownProvider::device);
  return known == std::end(kKnown) ? nullptr : known;
}

Result<Device> parse_device(const std::string& text, std::span<const ProviderLibrary> libraries) {
  Device device;
  const size_t colon = text.find(':');
  device.name = text.substr(0, colon);
  std::ranges::transform(device.name, device.name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  const KnownProvider* const known = find_known(device.name);
  const bool is_library =
      std::ranges::find(libraries, device.name, &ProviderLibrary::name) != libraries.end();
  if (known == nullptr && !is_library && device.name != kAuto && device.name != kCpu)
    return no_device(text);
  if (colon == std::string::npos) return device;
  if (!is_library && (known == nullptr || !known->has_index))
    return fail(Code::kInvalidArgument, "--device: '{}', but {} has no numbers", text, device.name);
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, device.index);
  if (error != std::errc() || rest != end || device.index < 0)
    return fail(Code::kInvalidArgument,
                "--device: '{}', expected a name and a number, as in cuda:0", text);
  return device;
}

ExecutionProvider provider_of(const KnownProvider& known, int index, const OnnxRuntime& runtime,
                              const SessionSettings& settings) {
  ExecutionProvider provider{
      .label = known.has_index ? fmt::format("{}:{}", known.provider, index)
                               : std::string(known.provider),
      .computes_on_cpu = known.computes_on_cpu,
      .append = [append = known.append, index, &runtime, &settings](Ort::SessionOptions& options) {
        append(options, {.runtime = runtime, .settings = settings, .index = index});
      }};
  const std::vector<std::string>& installed = runtime.providers();
  if (std::ranges::find(installed, known.provider) == installed.end())
    provider.presence = fail(Code::kNotFound, "{}: not in ONNX Runtime {} at {}; it takes: {}",
                             known.provider, runtime.version(), runtime.path(), known.remedy);
  return provider;
}

// Part of file names, whatever a library says.
std::string plain_text(std::string_view text) {
  constexpr size_t kTextMax = 40;
  std::string plain(text.substr(0, kTextMax));
  std::ranges::replace_if(
      plain,
      [](char c) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return !is_letter && !(c >= '0' && c <= '9') && c != '.' && c != '_';
      },
      '_');
  return plain;
}

// One of those that a library brings, which is loaded for that.
Result<ExecutionProvider> provider_of(const ProviderLibrary& library, int index,
                                      OnnxRuntime& runtime) {
  constexpr std::string_view kSuffix = "ExecutionProvider";
  OnnxRuntime::State& state = runtime.state();
  IMAGEMILL_ASSIGN_OR_RETURN(const std::vector<Ort::ConstEpDevice> devices,
                             state.devices_of(library));
  if (devices.empty())
    return ExecutionProvider{
        .label = library.name,
        .presence =
            fail(Code::kUnsupported, "{}: finds no device here that it works on", library.path)};
  if (static_cast<size_t>(index) >= devices.size())
    return fail(Code::kNotFound, "{}:{}: {} has devices 0 to {}", library.name, index, library.path,
                devices.size() - 1);
  const Ort::ConstEpDevice device = devices[static_cast<size_t>(index)];
  return call_runtime(Code::kUnsupported, library.path, [&] {
    std::string_view name = device.EpName();
    if (name.ends_with(kSuffix)) name.remove_suffix(kSuffix.size());
    const char* const version = device.EpMetadata().GetValue("version");
    return ExecutionProvider{
        .label = fmt::format("{}:{}{}{}", plain_text(name), index, version != nullptr ? "-" : "",
                             plain_text(version != nullptr ? version : "")),
        .computes_on_cpu = device.Device().Type() == OrtHardwareDeviceType_CPU,
        .append = [&state, device](Ort::SessionOptions& options) {
          options.AppendExecutionProvider_V2(*state.environment, {device}, Ort::KeyValuePairs());
        }};
  });
}

}  // namespace

std::vector<DeviceName> device_names() {
  std::vector<DeviceName> names;
  for (const KnownProvider& known : kKnown)
    names.push_back({known.device, known.provider, known.remedy});
  names.push_back({kCpu, "CPU", ""});
  return names;
}

Result<> check_device(const std::string& device, std::span<const ProviderLibrary> libraries) {
  IMAGEMILL_TRY(parse_device(device, libraries));
  return {};
}

Result<AllowedProviders> find_providers(OnnxRuntime& runtime, const SessionSettings& settings) {
  IMAGEMILL_ASSIGN_OR_RETURN(const Device device,
                             parse_device(settings.device, settings.provider_libraries));
  const bool is_auto = device.name == kAuto;
  AllowedProviders allowed{.fall_back = is_auto};
  for (const ProviderLibrary& library : settings.provider_libraries) {
    if (!is_auto && device.name != library.name) continue;
    IMAGEMILL_ASSIGN_OR_RETURN(ExecutionProvider provider,
                               provider_of(library, device.index, runtime));
    allowed.in_order.push_back(std::move(provider));
  }
  for (const KnownProvider& known : kKnown)
    if (device.name == known.device || (is_auto && known.is_automatic))
      allowed.in_order.push_back(provider_of(known, device.index, runtime, settings));
  return allowed;
}

}  // namespace imagemill
