// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// NVIDIA's libraries as Python wheels (nvidia-cublas, nvidia-cudnn-cu13 ...): what "pip install
// onnxruntime-gpu[cuda,cudnn]" brings, in folders that the dynamic loader does not look into.
#pragma once

#include <string>
#include <vector>

namespace imagemill {

// Those that the CUDA and TensorRT providers need, as far as they lie beside the wheel that has
// this ONNX Runtime: in nvidia/*/lib and tensorrt_libs, what others need before these.
std::vector<std::string> nvidia_wheel_libraries(const std::string& runtime_path);

// Loads them for good, once a process: the loader takes a library that is loaded already, wherever
// it lies. What cannot be loaded is left for the provider to complain of.
void load_nvidia_wheels(const std::string& runtime_path);

}  // namespace imagemill
