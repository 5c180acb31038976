// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "program_folder.h"

#include <unistd.h>

namespace imagemill::cli {

std::string program_folder() {
  std::string path(4096, '\0');
  const ssize_t n = readlink("/proc/self/exe", path.data(), path.size());
  if (n <= 0) return ".";
  path.resize(static_cast<size_t>(n));
  return path.substr(0, path.rfind('/'));
}

std::string codec_host_path() {
  const std::string folder = program_folder();
  const std::string beside = folder + "/imagemill-codec";
  const std::string installed = folder + "/../libexec/imagemill/imagemill-codec";
  return access(installed.c_str(), X_OK) == 0 && access(beside.c_str(), X_OK) != 0 ? installed
                                                                                   : beside;
}

}  // namespace imagemill::cli
