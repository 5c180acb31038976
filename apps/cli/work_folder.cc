// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "work_folder.h"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "interrupts.h"

namespace imagemill::cli {

Result<WorkFolder> WorkFolder::make() {
  catch_interrupts();  // from here on there is something to take away
  const char* const named = std::getenv("TMPDIR");
  const std::string parent = named == nullptr || *named == '\0' ? "/tmp" : named;
  std::string path = parent + "/imagemill-XXXXXX";
  if (mkdtemp(path.data()) == nullptr)
    return fail(Code::kIoError, "{}: cannot make a temporary folder there ($TMPDIR): {}", parent,
                std::strerror(errno));
  return WorkFolder(std::move(path));
}

WorkFolder::WorkFolder(WorkFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}

WorkFolder::~WorkFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace imagemill::cli
