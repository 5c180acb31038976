// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/proc_text.h"

#include <charconv>

namespace imagemill {

std::string read_text(FileSystem& fs, const std::string& path) {
  constexpr uint64_t kMostBytes = 1 << 20;  // mountinfo of a machine full of containers
  const Result<Bytes> bytes = fs.read(path, kMostBytes);
  if (!bytes) return "";
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<uint64_t> first_number(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return std::nullopt;
  text.remove_prefix(begin);
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return number;
}

}  // namespace imagemill
