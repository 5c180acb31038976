// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "source/entry_key.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <utility>

#include "source/utf8.h"

namespace imagemill {
namespace {

// The separators of keys, and the sign that introduces an escape.
bool is_reserved(char32_t c) { return c == '%' || c == '!' || c == '#'; }

// C0, DEL and C1: they would reach terminals and logs.
bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7f && c < 0xa0); }

void append_escaped(std::string& out, std::string_view bytes) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    out += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Undoes the escapes whose byte `is_wanted`.
template <typename Predicate>
std::string unescape(std::string_view text, Predicate is_wanted) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int byte = hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]);
      if (byte >= 0 && is_wanted(static_cast<char>(byte))) {
        out += static_cast<char>(byte);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

}  // namespace

std::string escape_key(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  while (!path.empty()) {
    const Utf8Char c = first_utf8_char(path);
    const std::string_view bytes = path.substr(0, static_cast<size_t>(std::max(c.bytes, 1)));
    if (c.bytes == 0 || is_reserved(c.code) || is_control(c.code))
      append_escaped(out, bytes);
    else
      out += bytes;
    path.remove_prefix(bytes.size());
  }
  return out;
}

std::string unescape_key(std::string_view key) {
  return unescape(key, [](char) { return true; });
}

std::string SourceEntry::path() const {
  const std::string readable =
      unescape(std::string_view(key).substr(path_at), [](char c) { return is_reserved(c); });
  std::string out;
  std::string_view rest = readable;
  while (!rest.empty()) {
    const size_t slash = std::min(rest.find('/'), rest.size());
    std::string_view segment = rest.substr(0, slash);
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") segment = "__";
    // The engine's own folder in an output.
    if (segment == ".imagemill") segment = "_imagemill";
    if (!out.empty()) out += '/';
    out += segment;
  }
  return out.empty() ? "_" : out;
}

void sort_by_key(Listing& listing) {
  std::ranges::sort(listing.entries, {}, &SourceEntry::key);
  std::ranges::sort(listing.failures, {}, &SourceFailure::key);
}

void refuse_duplicate_keys(Listing& listing) {
  auto& entries = listing.entries;
  std::vector<uint32_t> order(entries.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, {},
                    [&](uint32_t i) { return std::pair(std::string_view(entries[i].key), i); });

  std::vector<bool> is_refused(entries.size());
  for (size_t i = 1; i < order.size(); ++i) {
    const std::string& key = entries[order[i]].key;
    if (entries[order[i - 1]].key != key) continue;
    is_refused[order[i]] = true;
    listing.failures.push_back(
        {key,
         Status(Code::kCorruptInput,
                fmt::format("{}: another member of this name came before, only the first is used",
                            key))});
  }
  std::ranges::sort(listing.failures, {}, &SourceFailure::key);
  std::string previous;
  int copies = 0;
  for (SourceFailure& failure : listing.failures) {
    if (failure.key != previous) {
      previous = failure.key;
      const auto same =
          std::ranges::lower_bound(order, std::string_view(previous), {},
                                   [&](uint32_t i) { return std::string_view(entries[i].key); });
      copies = same != order.end() && entries[*same].key == previous ? 1 : 0;
    }
    if (++copies > 1) failure.key += fmt::format("#{}", copies);
  }

  size_t kept = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (is_refused[i]) continue;
    if (kept != i) entries[kept] = std::move(entries[i]);
    ++kept;
  }
  entries.resize(kept);
}

std::string default_source_name(const std::string& location) {
  if (location == "-") return "stdin";
  std::filesystem::path path = std::filesystem::path(location).lexically_normal();
  std::string last = path.has_filename() ? path.filename() : path.parent_path().filename();
  if (last.empty() || last == "." || last == "..") {
    std::error_code ignored;
    path = std::filesystem::absolute(path, ignored).lexically_normal();
    last = path.has_filename() ? path.filename() : path.parent_path().filename();
  }
  return last.empty() ? "root" : last;
}

}  // namespace imagemill
