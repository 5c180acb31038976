// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// ONNX Runtime, found and loaded while the program runs: which wheel or package the user installed
// decides which devices there are. There is one environment a process; a library that the process
// already holds (Python's) is used as it is.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "imagemill/status.h"
#include "infer/provider_library.h"

namespace imagemill {

struct RuntimeSettings {
  // The library, or a folder that holds it, as the user named it: then nothing else is tried.
  std::string library;
  // Folders to look into, in this order; after them the system's own.
  std::vector<std::string> folders;
  // What sessions may run on besides; loaded when one does.
  std::vector<ProviderLibrary> provider_libraries;
  // Threads of the pool that all sessions share; 1: a run stays on the thread that asks for it.
  // The first runtime that a process loads decides.
  int pool_threads = 1;
};

class OnnxRuntime {
 public:
  // Warnings of the runtime itself go here, from any thread, one at a time.
  using Log = std::function<void(std::string_view message)>;
  // Ends with the last copy; then no call is under way any more.
  using Listening = std::shared_ptr<void>;

  // Loads it, or returns what was loaded before. Errors: kNotFound, with the command that mends it;
  // kUnsupported for a library that is too old.
  static Result<std::shared_ptr<OnnxRuntime>> load(const RuntimeSettings& settings);

  // Names the libraries that load() would try and those of providers, without loading one: path,
  // size and time of change of each. "" when none of the former is a file that can be looked at.
  static std::string libraries_in_reach(const RuntimeSettings& settings);

  ~OnnxRuntime();
  OnnxRuntime(const OnnxRuntime&) = delete;
  OnnxRuntime& operator=(const OnnxRuntime&) = delete;

  const std::string& version() const;  // "1.23.2"
  const std::string& path() const;
  int api_version() const;  // negotiated; at most that of the headers
  int pool_threads() const;
  // "CPU", "CUDA" ...: compiled in or lying beside the library. Whether a device is there shows
  // when a session is opened.
  const std::vector<std::string>& providers() const;

  // Everybody who listens is told of every warning: the runtime does not say whose it is. While
  // nobody does they are dropped.
  [[nodiscard]] Listening listen(Log log);

  // For the files of this folder that speak to ONNX Runtime: see onnx_runtime_state.h.
  struct State;
  State& state() const { return *state_; }

 private:
  explicit OnnxRuntime(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace imagemill
