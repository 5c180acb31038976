// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace imagemill {

// A folder of the test's own, removed with everything in it.
class TestFolder {
 public:
  TestFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "imagemill-test-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  std::string write(std::string_view name, std::string_view bytes) const {
    const std::string path = *this / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path;
  }

 private:
  std::string path_;
};

// The folder of real pictures (shared with the project's developers, never in the repository):
// $IMAGEMILL_TEST_DATA, or
// ../shared/data beside the checkout. nullopt where there is none: such a test says GTEST_SKIP().
inline std::optional<std::string> test_data() {
  if (const char* named = std::getenv("IMAGEMILL_TEST_DATA")) return named;
  const std::filesystem::path beside =
      std::filesystem::path(IMAGEMILL_FIXTURES).parent_path().parent_path() / "../shared/data";
  if (std::filesystem::exists(beside)) return std::filesystem::canonical(beside).string();
  return std::nullopt;
}

}  // namespace imagemill
