// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The names of entries. A key is the source's name, a separator and the raw path, escaped; because
// escaping loses nothing, the raw path (what the system or the archive calls it) can be had back
// from the key, and an entry needs no second string.
#pragma once

#include <string>
#include <string_view>

#include "source/source.h"

namespace imagemill {

// The exact inverse of escape_key().
std::string unescape_key(std::string_view key);

// Makes the keys of one source: "camera/" + path, or "heap.zip!" + path.
class KeyPrefix {
 public:
  KeyPrefix(std::string_view source_name, char separator)
      : prefix_(escape_key(source_name) + separator) {}

  std::string key_of(std::string_view raw_path) const { return prefix_ + escape_key(raw_path); }

  SourceEntry entry_of(std::string_view raw_path) const {
    return {.key = key_of(raw_path), .path_at = static_cast<uint32_t>(prefix_.size())};
  }

  std::string raw_path_of(const SourceEntry& entry) const {
    return unescape_key(std::string_view(entry.key).substr(entry.path_at));
  }

 private:
  std::string prefix_;
};

// Into the order that Listing promises.
void sort_by_key(Listing& listing);

// For archives, where several members can have one name: the first entry keeps its key, whatever
// else has it becomes (or stays) a failure under key + "#2", "#3" ... Keeps the order of entries.
void refuse_duplicate_keys(Listing& listing);

}  // namespace imagemill
