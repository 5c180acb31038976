// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/system_library.h"

#include <dlfcn.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "infer/onnx_runtime.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

TEST(SystemLibrary, finds_what_the_loader_finds) {
  Dl_info info;
  ASSERT_NE(dladdr(reinterpret_cast<void*>(&dlopen), &info), 0);
  const std::filesystem::path loaded = info.dli_fname;  // of the C library
  const auto found = system_libraries(loaded.filename());
  EXPECT_TRUE(std::ranges::any_of(found, [&](const std::string& path) {
    return std::filesystem::equivalent(path, loaded);
  })) << loaded;
  for (const std::string& path : found) EXPECT_TRUE(std::filesystem::exists(path)) << path;
  EXPECT_THAT(system_libraries("libnobody-has-this.so.1"), testing::IsEmpty());
}

TEST(SystemLibrary, a_file_that_lies_in_the_current_folder_is_none) {
  const TestFolder folder;
  folder.write("libonnxruntime.so.1", "no library");
  const auto before = std::filesystem::current_path();
  const std::string elsewhere = OnnxRuntime::libraries_in_reach({});
  std::filesystem::current_path(folder.path());
  EXPECT_EQ(OnnxRuntime::libraries_in_reach({}), elsewhere);
  std::filesystem::current_path(before);
}

}  // namespace
}  // namespace imagemill
