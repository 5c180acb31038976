// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "work_folder.h"

#include <stdlib.h>

#include <filesystem>
#include <system_error>
#include <utility>

namespace imagemill::cli {

Result<WorkFolder> WorkFolder::make() {
  std::error_code error;
  std::string path = (std::filesystem::temp_directory_path(error) / "imagemill-XXXXXX").string();
  if (error || mkdtemp(path.data()) == nullptr)
    return fail(Code::kIoError, "{}: cannot make a temporary folder ($TMPDIR)", path);
  return WorkFolder(std::move(path));
}

WorkFolder::WorkFolder(WorkFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}

WorkFolder::~WorkFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace imagemill::cli
