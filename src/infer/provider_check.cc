// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/provider_check.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "infer/session.h"

namespace imagemill {
namespace {

// An ONNX model as protocol buffers: y = Relu(x), one float each, opset 17.
constexpr std::string_view kModel =
    "\x08\x08"  // IR version
    "\x3a\x33"  // graph
    "\x0a\x0c\x0a\x01x\x12\x01y\x22\x04Relu"
    "\x12\x01g"
    "\x5a\x0f\x0a\x01x\x12\x0a\x0a\x08\x08\x01\x12\x04\x0a\x02\x08\x01"
    "\x62\x0f\x0a\x01y\x12\x0a\x0a\x08\x08\x01\x12\x04\x0a\x02\x08\x01"
    "\x42\x02\x10\x11";

// A file without a folder: the runtime wants a path.
class FileInMemory {
 public:
  explicit FileInMemory(std::string_view content)
      : descriptor_(memfd_create("imagemill-check.onnx", MFD_CLOEXEC)) {
    if (descriptor_ >= 0 && ::write(descriptor_, content.data(), content.size()) !=
                                static_cast<ssize_t>(content.size())) {
      close(descriptor_);
      descriptor_ = -1;
    }
  }
  ~FileInMemory() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  FileInMemory(const FileInMemory&) = delete;
  FileInMemory& operator=(const FileInMemory&) = delete;
  std::string path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

 private:
  int descriptor_;
};

// Returns what the session calls the device.
Result<std::string> run_on(const std::shared_ptr<OnnxRuntime>& runtime,
                           const SessionSettings& settings, const std::string& model) {
  IMAGEMILL_ASSIGN_OR_RETURN(const auto session, Session::open(runtime, model, settings));
  constexpr int64_t kShape[] = {1};
  constexpr size_t kOutputs[] = {0};
  float value = 3;
  const TensorView input{.type = ElementType::kF32,
                         .shape = kShape,
                         .bytes = std::as_writable_bytes(std::span(&value, 1))};
  IMAGEMILL_ASSIGN_OR_RETURN(const auto outputs, session->run({&input, 1}, kOutputs));
  const auto values = outputs.front().values<float>();
  if (values.size() != 1 || values.front() != 3)
    return fail(Code::kInternal, "{}: the largest of 0 and 3 is not 3 there", settings.device);
  return session->provider();
}

}  // namespace

std::vector<ProviderCheck> check_providers(const std::shared_ptr<OnnxRuntime>& runtime,
                                           std::span<const ProviderLibrary> libraries) {
  const std::vector<std::string> installed = runtime->providers();
  const FileInMemory model(kModel);
  std::vector<ProviderCheck> checks;
  for (const ProviderLibrary& library : libraries) {
    const auto ran =
        run_on(runtime, {.device = library.name, .provider_libraries = {library}}, model.path());
    checks.push_back({.device = library.name,
                      .provider = ran ? *ran : "",
                      .is_installed = ran.has_value(),
                      .problem = ran ? "" : ran.error().message()});
  }
  for (const DeviceName& name : device_names()) {
    ProviderCheck check{
        .device = std::string(name.device),
        .provider = std::string(name.provider),
        .is_installed = std::ranges::find(installed, name.provider) != installed.end()};
    if (!check.is_installed) {
      check.problem = "not part of this ONNX Runtime";
    } else if (const auto ran = run_on(runtime, {.device = check.device}, model.path()); !ran) {
      check.problem = ran.error().message();
    }
    checks.push_back(std::move(check));
  }
  return checks;
}

}  // namespace imagemill
