// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/nvidia_wheels.h"

#include <gmock/gmock.h>

#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(NvidiaWheels, are_found_beside_the_runtimes_in_the_order_in_which_they_load) {
  const TestFolder packages;
  const std::string runtime = packages.write("onnxruntime/capi/libonnxruntime.so.1.31.1", "");
  EXPECT_THAT(nvidia_wheel_libraries(runtime), IsEmpty());
  const std::string blas = packages.write("nvidia/cu13/lib/libcublas.so.13", "");
  const std::string blas_lt = packages.write("nvidia/cu13/lib/libcublasLt.so.13", "");
  const std::string dnn = packages.write("nvidia/cudnn/lib/libcudnn.so.9", "");
  const std::string infer = packages.write("tensorrt_libs/libnvinfer.so.10", "");
  const std::string runtime_library = packages.write("nvidia/cuda_runtime/lib/libcudart.so.12", "");
  packages.write("nvidia/cudnn/lib/libcudnn_graph.so.9", "");
  packages.write("nvidia/cu13/lib/libcudart_static.a", "");
  packages.write("nvidia/__init__.py", "");
  EXPECT_THAT(nvidia_wheel_libraries(runtime),
              ElementsAre(runtime_library, blas_lt, blas, dnn, infer));
  EXPECT_THAT(nvidia_wheel_libraries("libonnxruntime.so.1"), IsEmpty());
}

}  // namespace
}  // namespace imagemill
