// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/session.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/file_system.h"
#include "infer/execution_providers.h"
#include "infer/onnx_runtime_state.h"
#include "infer/optimized_graph.h"

namespace imagemill {
namespace {

constexpr std::string_view kCpu = "CPU";

Result<ElementType> element_type(ONNXTensorElementDataType type, const std::string& name) {
  switch (type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
      return ElementType::kF32;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16:
      return ElementType::kF16;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE:
      return ElementType::kF64;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8:
      return ElementType::kU8;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8:
      return ElementType::kI8;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16:
      return ElementType::kU16;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16:
      return ElementType::kI16;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
      return ElementType::kI32;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
      return ElementType::kI64;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL:
      return ElementType::kBool;
    default:
      return fail(Code::kUnsupported, "tensor '{}' has elements of ONNX type {}", name,
                  static_cast<int>(type));
  }
}

ONNXTensorElementDataType onnx_type(ElementType type) {
  switch (type) {
    case ElementType::kF32:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
    case ElementType::kF16:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16;
    case ElementType::kF64:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE;
    case ElementType::kU8:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8;
    case ElementType::kI8:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8;
    case ElementType::kU16:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16;
    case ElementType::kI16:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16;
    case ElementType::kI32:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32;
    case ElementType::kI64:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64;
    case ElementType::kBool:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL;
  }
  return ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
}

Result<TensorSpec> read_spec(std::string name, const Ort::TypeInfo& info) {
  if (info.GetONNXType() != ONNX_TYPE_TENSOR)
    return fail(Code::kUnsupported, "'{}' is no tensor", name);
  const auto tensor = info.GetTensorTypeAndShapeInfo();
  IMAGEMILL_ASSIGN_OR_RETURN(const ElementType type, element_type(tensor.GetElementType(), name));
  TensorSpec spec{.name = std::move(name), .type = type, .shape = tensor.GetShape()};
  for (int64_t& dimension : spec.shape) dimension = std::max<int64_t>(dimension, TensorSpec::kAny);
  return spec;
}

Result<ModelSignature> read_signature(const Ort::Session& session) {
  ModelSignature signature;
  Ort::AllocatorWithDefaultOptions allocator;
  for (size_t i = 0; i < session.GetInputCount(); ++i) {
    IMAGEMILL_ASSIGN_OR_RETURN(
        TensorSpec spec,
        read_spec(session.GetInputNameAllocated(i, allocator).get(), session.GetInputTypeInfo(i)));
    signature.inputs.push_back(std::move(spec));
  }
  for (size_t i = 0; i < session.GetOutputCount(); ++i) {
    IMAGEMILL_ASSIGN_OR_RETURN(TensorSpec spec,
                               read_spec(session.GetOutputNameAllocated(i, allocator).get(),
                                         session.GetOutputTypeInfo(i)));
    signature.outputs.push_back(std::move(spec));
  }
  return signature;
}

Result<> check_input(const TensorView& input, const TensorSpec& spec) {
  const auto count = element_count(input.shape);
  const bool fits =
      input.type == spec.type && input.shape.size() == spec.shape.size() && count &&
      *count * element_bytes(input.type) == input.bytes.size() &&
      std::ranges::equal(input.shape, spec.shape, [](int64_t given, int64_t declared) {
        return declared == TensorSpec::kAny || given == declared;
      });
  if (fits) return {};
  return fail(Code::kInvalidArgument, "input '{}' is {} {}, the model wants {} {}", spec.name,
              element_name(input.type), to_string(Shape(input.shape.begin(), input.shape.end())),
              element_name(spec.type), to_string(spec.shape));
}

}  // namespace

struct Session::State {
  std::shared_ptr<OnnxRuntime> runtime;  // outlives the session
  Ort::Session session{nullptr};
  Ort::MemoryInfo memory{nullptr};
  ModelSignature signature;
  std::string path;
  std::string provider{kCpu};
  bool computes_on_cpu = true;
  bool is_on_chosen_device = false;
  std::vector<std::string> fallbacks;
};

namespace {

Ort::SessionOptions basic_options(const OnnxRuntime& runtime, const SessionSettings& settings) {
  Ort::SessionOptions options;
  options.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
  options.SetExecutionMode(ORT_SEQUENTIAL);
  options.SetInterOpNumThreads(1);
  if (settings.threads_per_run == runtime.pool_threads()) {
    options.DisablePerSessionThreads();
  } else {
    options.SetIntraOpNumThreads(settings.threads_per_run);
    options.AddConfigEntry("session.intra_op.allow_spinning", "0");
  }
  return options;
}

// What it takes to open one model.
struct Opening {
  const OnnxRuntime& runtime;
  Ort::Env& environment;
  const std::string& model;
  const SessionSettings& settings;

  Result<Ort::Session> on_device(const ExecutionProvider& provider) const;
  Result<Ort::Session> on_cpu() const;

 private:
  Result<Ort::Session> on_cpu(const std::string& file, GraphOptimizationLevel level,
                              const std::string& write_to) const;
  // Of `file`: the model, or what was made of it.
  Ort::Session session_of(const std::string& file, const Ort::SessionOptions& options) const {
    if (file != model || settings.content.empty())
      return Ort::Session(environment, file.c_str(), options);
    return Ort::Session(environment, settings.content.data(), settings.content.size(), options);
  }
};

Result<Ort::Session> Opening::on_device(const ExecutionProvider& provider) const {
  IMAGEMILL_TRY(provider.presence);
  return call_runtime(Code::kUnsupported, provider.label, [&] {
    Ort::SessionOptions options = basic_options(runtime, settings);
    provider.append(options);
    return session_of(model, options);
  });
}

Result<Ort::Session> Opening::on_cpu(const std::string& file, GraphOptimizationLevel level,
                                     const std::string& write_to) const {
  return call_runtime(Code::kCorruptInput, model, [&] {
    Ort::SessionOptions options = basic_options(runtime, settings);
    options.SetGraphOptimizationLevel(level);
    if (!write_to.empty()) options.SetOptimizedModelFilePath(write_to.c_str());
    return session_of(file, options);
  });
}

// Of a graph until it is whole. Others may be at the same one: sessions of this process, and
// processes elsewhere that have the same number.
std::string draft_name(const std::string& kept) {
  uint64_t mark = 0;
  if (getentropy(&mark, sizeof(mark)) != 0) mark = static_cast<uint64_t>(getpid());
  return fmt::format("{}.{:016x}.tmp", kept, mark);
}

// A name must not outlive its content: half a graph may be one that loads.
bool is_on_disk(const std::string& path) {
  FileSystem& fs = real_file_system();
  const auto stat = fs.stat(path);
  if (!stat) return false;
  const auto file = fs.append_at(path, stat->bytes);
  return file && (*file)->sync() && (*file)->close();
}

Result<Ort::Session> Opening::on_cpu() const {
  const std::string kept =
      optimized_graph_path(settings.optimized_folder, settings.model_hash, runtime.version(), kCpu);
  std::error_code error;
  if (kept.empty()) return on_cpu(model, ORT_ENABLE_ALL, "");
  if (std::filesystem::exists(kept, error)) {
    if (auto session = on_cpu(kept, ORT_DISABLE_ALL, "")) return session;
    std::filesystem::remove(kept, error);  // cut off, or damaged since
  }
  const std::string draft = draft_name(kept);
  std::filesystem::create_directories(settings.optimized_folder, error);
  auto session = on_cpu(model, ORT_ENABLE_ALL, draft);
  if (!session)
    session = on_cpu(model, ORT_ENABLE_ALL, "");  // without a copy, where none can be written
  else if (is_on_disk(draft))
    std::filesystem::rename(draft, kept, error);
  std::filesystem::remove(draft, error);
  return session;
}

}  // namespace

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::open(std::shared_ptr<OnnxRuntime> runtime,
                                               const std::string& model_path,
                                               const SessionSettings& settings) {
  IMAGEMILL_ASSIGN_OR_RETURN(const AllowedProviders allowed, find_providers(*runtime, settings));
  const Opening opening{*runtime, *runtime->state().environment, model_path, settings};
  const auto finished = [&](Result<Ort::Session> opened, std::string provider,
                            bool computes_on_cpu) -> Result<std::unique_ptr<Session>> {
    if (!opened) return std::unexpected(std::move(opened).error());
    auto state = std::make_unique<State>();
    state->runtime = runtime;
    state->path = model_path;
    state->session = std::move(*opened);
    state->provider = std::move(provider);
    state->computes_on_cpu = computes_on_cpu;
    state->is_on_chosen_device = !allowed.fall_back;
    return finish(std::move(state), settings);
  };
  std::vector<std::string> fallbacks;
  for (const ExecutionProvider& provider : allowed.in_order) {
    auto session = finished(opening.on_device(provider), provider.label, provider.computes_on_cpu);
    if (session) (*session)->state_->fallbacks = std::move(fallbacks);
    if (session || !allowed.fall_back) return session;
    // Who asked for nothing in particular does not miss what is not installed.
    if (session.error().code() != Code::kNotFound) fallbacks.push_back(session.error().message());
  }
  IMAGEMILL_ASSIGN_OR_RETURN(auto session, finished(opening.on_cpu(), std::string(kCpu), true));
  session->state_->fallbacks = std::move(fallbacks);
  return session;
}

Result<std::unique_ptr<Session>> Session::finish(std::unique_ptr<State> state,
                                                 const SessionSettings& settings) {
  auto signature = call_runtime(Code::kCorruptInput, state->path, [&] {
    state->memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    return read_signature(state->session);
  });
  if (!signature) return std::unexpected(std::move(signature).error());
  if (!*signature) return std::unexpected(std::move(*signature).error().with_context(state->path));
  state->signature = std::move(**signature);
  std::unique_ptr<Session> session(new Session(std::move(state)));
  if (settings.trial)
    if (auto works = settings.trial(*session); !works)
      return session->provider() == kCpu
                 ? std::unexpected(std::move(works).error())
                 : std::unexpected(std::move(works).error().with_context(session->provider()));
  return session;
}

std::optional<ArenaUse> Session::arena_use() const {
  constexpr int kFirstApi = 23;
  if (state_->runtime->api_version() < kFirstApi || provider() != kCpu) return std::nullopt;
  std::optional<ArenaUse> use;
  (void)call_runtime(Code::kInternal, state_->path, [&] {
    const Ort::Allocator arena(state_->session, state_->memory);
    const Ort::KeyValuePairs stats = arena.GetStats();
    const char* const now = stats.GetValue("InUse");
    const char* const most = stats.GetValue("MaxInUse");
    if (now != nullptr && most != nullptr)
      use = {.now = std::strtoull(now, nullptr, 10), .most = std::strtoull(most, nullptr, 10)};
  });
  return use;
}

const ModelSignature& Session::signature() const { return state_->signature; }
const std::string& Session::provider() const { return state_->provider; }
bool Session::computes_on_cpu() const { return state_->computes_on_cpu; }
const std::vector<std::string>& Session::fallbacks() const { return state_->fallbacks; }
bool Session::is_on_chosen_device() const { return state_->is_on_chosen_device; }

Result<std::vector<Tensor>> Session::run(std::span<const TensorView> inputs,
                                         std::span<const size_t> outputs) {
  State& s = *state_;
  if (inputs.size() != s.signature.inputs.size())
    return fail(Code::kInvalidArgument, "{}: takes {} inputs, got {}", s.path,
                s.signature.inputs.size(), inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i)
    IMAGEMILL_TRY(check_input(inputs[i], s.signature.inputs[i]));
  auto ran = call_runtime(Code::kInternal, s.path, [&]() -> Result<std::vector<Tensor>> {
    std::vector<const char*> input_names;
    std::vector<Ort::Value> values;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const TensorView& in = inputs[i];
      input_names.push_back(s.signature.inputs[i].name.c_str());
      values.push_back(Ort::Value::CreateTensor(s.memory, in.bytes.data(), in.bytes.size(),
                                                in.shape.data(), in.shape.size(),
                                                onnx_type(in.type)));
    }
    std::vector<const char*> output_names;
    for (const size_t index : outputs)
      output_names.push_back(s.signature.outputs.at(index).name.c_str());
    std::vector<Ort::Value> results =
        s.session.Run(Ort::RunOptions{nullptr}, input_names.data(), values.data(), values.size(),
                      output_names.data(), output_names.size());
    std::vector<Tensor> tensors;
    for (size_t i = 0; i < results.size(); ++i) {
      auto owner = std::make_shared<Ort::Value>(std::move(results[i]));
      const auto info = owner->GetTensorTypeAndShapeInfo();
      IMAGEMILL_ASSIGN_OR_RETURN(const ElementType type,
                                 element_type(info.GetElementType(), output_names[i]));
      const size_t bytes = info.GetElementCount() * element_bytes(type);
      const auto* const data = static_cast<const std::byte*>(owner->GetTensorRawData());
      tensors.push_back(
          {.type = type, .shape = info.GetShape(), .bytes = {data, bytes}, .owner = owner});
    }
    return tensors;
  });
  if (ran) return std::move(*ran);
  return std::unexpected(std::move(ran).error());
}

}  // namespace imagemill
