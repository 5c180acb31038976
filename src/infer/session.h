// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imagemill/status.h"
#include "infer/onnx_runtime.h"
#include "infer/tensor.h"

namespace imagemill {

struct ModelSignature {
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
};

// Something that runs a network: a session, or a test's stand-in for one. Any thread, several
// calls at once.
class ModelRunner {
 public:
  virtual ~ModelRunner() = default;
  virtual const ModelSignature& signature() const = 0;
  // Inputs in the signature's order; `outputs` are its positions, in the order of the result.
  // Errors: kResourceExhausted when the device has no memory left, kInvalidArgument for tensors
  // that do not fit the signature, kInternal for whatever else the runtime says.
  virtual Result<std::vector<Tensor>> run(std::span<const TensorView> inputs,
                                          std::span<const size_t> outputs) = 0;
};

// A name for SessionSettings::device that needs no library, and what the runtime calls that.
struct DeviceName {
  std::string_view device;
  std::string_view provider;
  std::string_view remedy;  // what it takes to have it, where it is missing
};
// All but "auto", which tries them in this order; the CPU is the last.
std::vector<DeviceName> device_names();

// Whether SessionSettings::device may be so; not whether there is such a device. Errors:
// kInvalidArgument.
Result<> check_device(const std::string& device, std::span<const ProviderLibrary> libraries);

class Session;

struct SessionSettings {
  // "auto", "cpu", "cuda", "cuda:1", "openvino", "coreml", "tensorrt"; "npu", "npu:1" where a
  // provider library has that name.
  std::string device = "auto";
  // "auto" tries those before what the runtime has itself. Loaded where the device allows them.
  std::vector<ProviderLibrary> provider_libraries = {};
  // Threads of one run on a CPU; 1: the calling thread alone. More are taken from the runtime's
  // pool, which must have as many.
  int threads_per_run = 1;
  // Runs that there may be together; for providers that have to make room for each.
  int runs_at_once = 1;
  // Where the optimised graph is kept between runs; "": it is made anew each time.
  std::string optimized_folder;
  // Names the model in that folder; needed with it.
  std::string model_hash;
  // The model itself, where it is not what is in the file; that then only names it. Looked at while
  // the session is opened, not later.
  std::span<const std::byte> content = {};
  // Whether a session that was opened works: some devices show only when a network runs that they
  // cannot. Where it does not, the next provider is tried. Null: none is asked.
  std::function<Result<>(Session&)> trial = {};
};

// Of the runtime's own arena on the host: weights, what runs hold between operations.
struct ArenaUse {
  uint64_t now = 0;
  uint64_t most = 0;  // at any time since the session was opened
};

// A network, ready to run.
class Session final : public ModelRunner {
 public:
  // Tries the providers that the device allows one after the other, the CPU last where `device` is
  // "auto". Errors: kNotFound (the file, a provider that is not installed), kCorruptInput (no
  // model, or one that the runtime refuses), kUnsupported (a device that is not there),
  // kResourceExhausted, those of the trial.
  static Result<std::unique_ptr<Session>> open(std::shared_ptr<OnnxRuntime> runtime,
                                               const std::string& model_path,
                                               const SessionSettings& settings);
  ~Session() override;

  const ModelSignature& signature() const override;
  Result<std::vector<Tensor>> run(std::span<const TensorView> inputs,
                                  std::span<const size_t> outputs) override;

  // nullopt where the runtime does not tell (before 1.23), and of other providers than its own for
  // the CPU, which take their memory elsewhere.
  std::optional<ArenaUse> arena_use() const;

  // What runs it: "CPU", "CUDA:0", "Example:0-1.2" of a library that says which version it is.
  const std::string& provider() const;
  bool computes_on_cpu() const;  // on the cores that other work needs, too
  // Each provider that was tried before and why it was not taken.
  const std::vector<std::string>& fallbacks() const;
  bool is_on_chosen_device() const;  // the user's choice: no other may take its place

 private:
  struct State;
  // Reads what the session takes and gives, and tries it.
  static Result<std::unique_ptr<Session>> finish(std::unique_ptr<State> state,
                                                 const SessionSettings& settings);
  explicit Session(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace imagemill
