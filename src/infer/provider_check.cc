// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/provider_check.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <string_view>

#include "infer/session.h"

namespace imagemill {
namespace {

// ONNX as protocol buffers, by the numbers of onnx.proto's fields.
std::string varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  return out + static_cast<char>(value);
}

std::string number(uint64_t field, uint64_t value) { return varint(field << 3) + varint(value); }

std::string bytes(uint64_t field, std::string_view content) {
  return varint(field << 3 | 2) + varint(content.size()) + std::string(content);
}

std::string node(std::string_view operation, std::initializer_list<std::string_view> inputs,
                 std::string_view output) {
  std::string out;
  for (const std::string_view input : inputs) out += bytes(1, input);
  return bytes(1, out + bytes(2, output) + bytes(4, operation));
}

std::string weights(std::string_view name, std::initializer_list<uint64_t> sides,
                    std::span<const float> values) {
  std::string out;
  for (const uint64_t side : sides) out += number(1, side);
  const auto raw = std::as_bytes(values);
  return bytes(5, out + number(2, 1) + bytes(8, name) +
                      bytes(9, {reinterpret_cast<const char*>(raw.data()), raw.size()}));
}

std::string tensor(uint64_t field, std::string_view name, std::initializer_list<uint64_t> sides) {
  std::string shape;
  for (const uint64_t side : sides) shape += bytes(1, number(1, side));
  return bytes(field, bytes(1, name) + bytes(2, bytes(1, number(1, 1) + bytes(2, shape))));
}

// A convolution of 2x2 with ones, its result doubled by a matrix product: what most of a network
// is, for which libraries of their own have to be there (cuDNN, cuBLAS).
std::string check_model() {
  constexpr float kOnes[] = {1, 1, 1, 1};
  constexpr float kTwo[] = {2};
  const std::string graph = node("Conv", {"x", "ones"}, "sum") + node("Flatten", {"sum"}, "row") +
                            node("MatMul", {"row", "two"}, "y") + bytes(2, "check") +
                            weights("ones", {1, 1, 2, 2}, kOnes) + weights("two", {1, 1}, kTwo) +
                            tensor(11, "x", {1, 1, 2, 2}) + tensor(12, "y", {1, 1});
  return number(1, 8) + bytes(7, graph) + bytes(8, number(2, 17));
}

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
  constexpr int64_t kShape[] = {1, 1, 2, 2};
  constexpr size_t kOutputs[] = {0};
  std::array<float, 4> picture = {1, 2, 3, 4};
  const TensorView input{.type = ElementType::kF32,
                         .shape = kShape,
                         .bytes = std::as_writable_bytes(std::span(picture))};
  IMAGEMILL_ASSIGN_OR_RETURN(const auto outputs, session->run({&input, 1}, kOutputs));
  const auto values = outputs.front().values<float>();
  if (values.size() != 1 || std::abs(values.front() - 20) > 0.05f)
    return fail(Code::kInternal, "{}: runs a network and gives something else than it should",
                settings.device);
  return session->provider();
}

}  // namespace

std::vector<ProviderCheck> check_providers(const std::shared_ptr<OnnxRuntime>& runtime,
                                           std::span<const ProviderLibrary> libraries) {
  const std::vector<std::string>& installed = runtime->providers();
  const FileInMemory model(check_model());
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
