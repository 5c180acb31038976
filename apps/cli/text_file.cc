// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "text_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace imagemill::cli {

Result<std::string> read_text_file(const std::string& path) {
  std::error_code error;
  const auto there = std::filesystem::status(path, error);
  if (there.type() == std::filesystem::file_type::not_found)
    return fail(Code::kNotFound, "{}: cannot open: {}", path, error.message());
  // A folder would be opened, and throw when it is read.
  if (std::filesystem::is_directory(there))
    return fail(Code::kInvalidArgument, "{}: is a folder, expected a file", path);
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Code::kIoError, "{}: cannot open: {}", path, std::strerror(errno));
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

Result<> write_text_file(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return fail(Code::kIoError, "{}: cannot write: {}", path, std::strerror(errno));
  return {};
}

}  // namespace imagemill::cli
