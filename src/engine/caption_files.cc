// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/caption_files.h"

#include <algorithm>

#include "codec/codec.h"

namespace imagemill {
namespace {

// What taggers and trainers write; the first is preferred where there are several.
constexpr std::string_view kExtensions[] = {"txt", "caption"};

bool is_picture_name(std::string_view key) {
  return format_of_extension(lower_extension(key)) != FileFormat::kUnknown;
}

// The key without the last extension. Keys escape what means something in them, never a letter, a
// dot or a slash.
std::string_view key_stem(std::string_view key) {
  return key.substr(0, key.size() - lower_extension(key).size() - 1);
}

}  // namespace

void pair_captions(std::vector<RankedEntry>& entries, bool shared) {
  std::vector<bool> is_caption(entries.size(), false);
  for (const std::string_view extension : kExtensions) {
    for (size_t i = 0; i < entries.size(); ++i) {
      const std::string_view key = entries[i].key;
      if (lower_extension(key) != extension || file_stem(key).empty()) continue;
      const std::string prefix = std::string(key_stem(key)) + ".";
      auto picture =
          std::ranges::lower_bound(entries, std::string_view(prefix), {}, &RankedEntry::key);
      for (; picture != entries.end() && picture->key.starts_with(prefix); ++picture) {
        const std::string_view other = picture->key;
        if (picture->source != entries[i].source || !is_picture_name(other) ||
            key_stem(other).size() + 1 != prefix.size())
          continue;
        is_caption[i] = true;
        if (!picture->captions) picture->captions = std::make_unique<std::vector<SourceEntry>>();
        picture->captions->push_back(entries[i].listed());
        if (!shared) break;
      }
    }
  }
  for (RankedEntry& entry : entries) {
    if (!entry.captions) continue;
    for (const SourceEntry& caption : *entry.captions)
      entry.mtime_ns = std::max(entry.mtime_ns, caption.mtime_ns);
  }
  size_t kept = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (is_caption[i]) continue;
    if (kept != i) entries[kept] = std::move(entries[i]);
    ++kept;
  }
  entries.resize(kept);
}

}  // namespace imagemill
