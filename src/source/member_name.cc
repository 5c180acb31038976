// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "source/member_name.h"

#include <algorithm>

#include "source/source.h"

namespace imagemill {
namespace {

// Calls visit(segment) for every piece between slashes until it returns false.
template <typename Visit>
void for_each_segment(std::string_view name, Visit visit) {
  while (true) {
    const size_t slash = name.find('/');
    if (!visit(name.substr(0, slash)) || slash == std::string_view::npos) return;
    name.remove_prefix(slash + 1);
  }
}

bool is_drive_letter(std::string_view name) {
  const char letter = name.empty() ? '\0' : static_cast<char>(name[0] | 0x20);
  return name.size() >= 2 && name[1] == ':' && letter >= 'a' && letter <= 'z';
}

}  // namespace

Result<std::string> safe_member_name(std::string_view name) {
  const auto unsafe = [name](std::string_view why) {
    return fail(Code::kCorruptInput, "member \"{}\": {}", escape_key(name), why);
  };
  if (name.find('\0') != std::string_view::npos) return unsafe("a NUL in its name");
  if (name.find('\\') != std::string_view::npos) return unsafe("a backslash in its name");
  if (name.starts_with('/')) return unsafe("its name is an absolute path");
  if (is_drive_letter(name)) return unsafe("its name begins with a drive letter");

  std::string out;
  bool leads_up = false;
  for_each_segment(name, [&](std::string_view segment) {
    leads_up = leads_up || segment == "..";
    if (segment.empty() || segment == ".") return true;
    if (!out.empty()) out += '/';
    out += segment;
    return true;
  });
  if (leads_up) return unsafe("\"..\" in its name");
  if (out.empty()) return unsafe("it has no name");
  return out;
}

bool is_hidden_member(std::string_view name) {
  bool is_hidden = false;
  for_each_segment(name, [&](std::string_view segment) {
    is_hidden =
        segment == "__MACOSX" || (segment.starts_with('.') && segment != "." && segment != "..");
    return !is_hidden;
  });
  return is_hidden;
}

}  // namespace imagemill
