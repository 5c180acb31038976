// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/onnx_runtime.h"

#include <dlfcn.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "base/file_system.h"
#include "infer/onnx_runtime_state.h"
#include "infer/system_library.h"

namespace imagemill {
namespace {

namespace fs = std::filesystem;

// What the wheels and the distributions call it, the unversioned link of a development package
// last.
constexpr std::string_view kPrefix = "libonnxruntime.so";
constexpr const char* kSoname = "libonnxruntime.so.1";
// Libraries with providers, beside it.
constexpr std::string_view kProviderPrefix = "libonnxruntime_providers_";

// The interface grows at its end, so a library of another age is used at the lower of both
// versions; nothing that came after this one is called without asking api_version() first. 1.17,
// the first with everything that a session needs.
constexpr int kOldestApi = 17;

using GetApiBase = const OrtApiBase* (*)();

struct Library {
  void* handle = nullptr;
  std::string path;
  std::string version;
  const OrtApi* api = nullptr;
  int api_version = 0;
};

std::string path_of(void* symbol, std::string_view otherwise) {
  Dl_info info;
  if (dladdr(symbol, &info) != 0 && info.dli_fname != nullptr) return info.dli_fname;
  return std::string(otherwise);
}

// A library that stays loaded from here on: closing one that has threads ends in a crash.
Result<Library> open_library(const std::string& name, int flags) {
  void* const handle = dlopen(name.c_str(), flags);
  if (handle == nullptr) {
    const char* const reason = dlerror();
    return fail(Code::kNotFound, "{}", reason != nullptr ? reason : "not loaded");
  }
  void* const symbol = dlsym(handle, "OrtGetApiBase");
  if (symbol == nullptr)
    return fail(Code::kUnsupported, "{}: has no OrtGetApiBase, so is not ONNX Runtime", name);
  const OrtApiBase* const base = reinterpret_cast<GetApiBase>(symbol)();
  Library library{.handle = handle, .path = path_of(symbol, name)};
  library.version = base->GetVersionString();
  // A version that it does not know makes it print a line to stderr: ask for what its own number
  // says first.
  int known = ORT_API_VERSION;
  int major = 0;
  int minor = 0;
  if (std::sscanf(library.version.c_str(), "%d.%d", &major, &minor) == 2 && major == 1)
    known = std::min(known, minor);
  for (int version = known; version >= kOldestApi && library.api == nullptr; --version) {
    library.api = base->GetApi(static_cast<uint32_t>(version));
    library.api_version = version;
  }
  if (library.api == nullptr)
    return fail(Code::kUnsupported, "{}: is ONNX Runtime {}, needed is 1.{} or later", library.path,
                library.version, kOldestApi);
  return library;
}

// The newest name first.
std::vector<std::string> files_in(const std::string& folder, std::string_view prefix) {
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && entry.is_regular_file(error)) found.push_back(entry.path());
  }
  std::ranges::sort(found, std::greater{});
  return found;
}

std::vector<std::string> libraries_in(const std::string& folder) {
  return files_in(folder, kPrefix);
}

std::vector<std::string> candidates(const RuntimeSettings& settings) {
  std::error_code error;
  if (!settings.library.empty()) {
    if (fs::is_directory(settings.library, error)) return libraries_in(settings.library);
    // A name alone would be looked for in the system's folders.
    if (fs::exists(settings.library, error)) return {fs::absolute(settings.library, error)};
    return {settings.library};
  }
  std::vector<std::string> all;
  for (const std::string& folder : settings.folders)
    std::ranges::move(libraries_in(folder), std::back_inserter(all));
  all.emplace_back(kSoname);  // wherever the system looks
  return all;
}

std::unexpected<Status> not_found(const RuntimeSettings& settings,
                                  const std::vector<std::string>& reasons, bool too_old) {
  const std::string where =
      !settings.library.empty()
          ? fmt::format(" at {}", settings.library)
          : fmt::format(" in {} folders and the system's", settings.folders.size());
  return fail(too_old ? Code::kUnsupported : Code::kNotFound,
              "no ONNX Runtime that can be used{}: \"pip install onnxruntime\" (or "
              "onnxruntime-gpu) in the active Python environment mends it; --onnxruntime and "
              "IMAGEMILL_ONNXRUNTIME name a library elsewhere{}{}",
              where, reasons.empty() ? "" : ". Seen: ", fmt::join(reasons, "; "));
}

// Without "ExecutionProvider" behind each name.
std::vector<std::string> provider_names() {
  constexpr std::string_view kSuffix = "ExecutionProvider";
  std::vector<std::string> names = Ort::GetAvailableProviders();
  for (std::string& name : names)
    if (name.ends_with(kSuffix)) name.resize(name.size() - kSuffix.size());
  return names;
}

Result<Library> find_library(const RuntimeSettings& settings) {
  // Python may have it already; two in one process would be one too many.
  if (auto loaded = open_library(kSoname, RTLD_NOW | RTLD_NOLOAD)) return loaded;
  std::vector<std::string> reasons;
  bool too_old = false;
  for (const std::string& path : candidates(settings)) {
    auto library = open_library(path, RTLD_NOW | RTLD_LOCAL);
    if (library) return library;
    too_old = too_old || library.error().code() == Code::kUnsupported;
    reasons.push_back(library.error().message());
  }
  return not_found(settings, reasons, too_old);
}

}  // namespace

std::string_view reason_in(std::string_view message) {
  // "/source.cc:43 Type Signature() [ONNXRuntimeError] : 1 : FAIL : The reason\n"
  constexpr std::string_view kMark = "[ONNXRuntimeError] : ";
  if (const size_t mark = message.rfind(kMark); mark != std::string_view::npos) {
    message.remove_prefix(mark + kMark.size());
    for (int field = 0; field < 2; ++field)
      if (const size_t end = message.find(" : "); end != std::string_view::npos)
        message.remove_prefix(end + 3);
  }
  while (!message.empty() && (message.back() == '\n' || message.back() == ' '))
    message.remove_suffix(1);
  return message;
}

bool is_out_of_memory(std::string_view message) {
  // Of ONNX Runtime and its arena, C++, CUDA, cuBLAS, cuDNN 8 and 9, TensorRT; in lower case.
  constexpr std::string_view kSigns[] = {"failed to allocate memory",
                                         "out of memory",
                                         "out_of_memory",
                                         "outofmemory",
                                         "bad allocation",
                                         "bad_alloc",
                                         "bfcarena::allocaterawinternal",
                                         "alloc_failed",
                                         "allocation_failed",
                                         "is smaller than requested bytes"};
  std::string lower(message);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return std::ranges::any_of(
      kSigns, [&](std::string_view sign) { return lower.find(sign) != std::string::npos; });
}

void ORT_API_CALL OnnxRuntime::State::take_log(void* state, OrtLoggingLevel /*severity*/,
                                               const char* /*category*/, const char* /*log_id*/,
                                               const char* /*code_location*/, const char* message) {
  // Of every graph that is kept, which is done under a name that has the processor in it.
  if (std::string_view(message).starts_with("Serializing optimized model")) return;
  State& self = *static_cast<State*>(state);
  const std::lock_guard lock(self.log_mutex);
  for (const Log& log : self.logs) log(message);
}

OnnxRuntime::OnnxRuntime(std::unique_ptr<State> state) : state_(std::move(state)) {}
OnnxRuntime::~OnnxRuntime() = default;

Result<std::shared_ptr<OnnxRuntime>> OnnxRuntime::load(const RuntimeSettings& settings) {
  // ONNX Runtime has one environment a process, with one pool of threads; it must outlive every
  // session and does not like to be destroyed while the process ends: so it never is.
  static std::mutex mutex;
  static auto* const loaded = new std::shared_ptr<OnnxRuntime>;
  const std::lock_guard lock(mutex);
  if (*loaded) return *loaded;

  IMAGEMILL_ASSIGN_OR_RETURN(const Library library, find_library(settings));
  Ort::InitApi(library.api);
  auto state = std::make_unique<State>();
  state->path = library.path;
  state->version = library.version;
  state->api_version = library.api_version;
  state->pool_threads = std::max(1, settings.pool_threads);
  State& s = *state;
  std::shared_ptr<OnnxRuntime> runtime(new OnnxRuntime(std::move(state)));
  IMAGEMILL_TRY(call_runtime(Code::kInternal, library.path, [&] {
    Ort::ThreadingOptions threads;
    threads.SetGlobalIntraOpNumThreads(s.pool_threads);
    threads.SetGlobalInterOpNumThreads(1);
    threads.SetGlobalSpinControl(0);
    s.environment.emplace(threads, State::take_log, &s, ORT_LOGGING_LEVEL_WARNING, "imagemill");
    s.environment->DisableTelemetryEvents();
    s.providers = provider_names();
  }));
  *loaded = runtime;
  return runtime;
}

std::string OnnxRuntime::libraries_in_reach(const RuntimeSettings& settings) {
  std::string text;
  const auto add = [&](const std::string& path) {
    if (const auto stat = real_file_system().stat(path))
      text += fmt::format("{}:{}:{}\n", path, stat->bytes, stat->mtime_ns);
  };
  for (const std::string& path : candidates(settings)) {
    const bool is_anywhere = path == kSoname;
    for (const std::string& library : is_anywhere ? system_libraries(path) : std::vector{path}) {
      add(library);
      std::ranges::for_each(files_in(std::string(parent_path(library)), kProviderPrefix), add);
    }
  }
  if (text.empty()) return {};
  for (const ProviderLibrary& library : settings.provider_libraries) {
    text += library.name + '=';
    add(library.path);
  }
  return text;
}

const std::string& OnnxRuntime::version() const { return state_->version; }
const std::string& OnnxRuntime::path() const { return state_->path; }
int OnnxRuntime::api_version() const { return state_->api_version; }
int OnnxRuntime::pool_threads() const { return state_->pool_threads; }

const std::vector<std::string>& OnnxRuntime::providers() const { return state_->providers; }

OnnxRuntime::Listening OnnxRuntime::listen(Log log) {
  State& s = *state_;  // never goes, see load()
  const std::lock_guard lock(s.log_mutex);
  const auto place = s.logs.insert(s.logs.end(), std::move(log));
  return {&*place, [&s, place](void*) {
            const std::lock_guard guard(s.log_mutex);
            s.logs.erase(place);
          }};
}

}  // namespace imagemill
