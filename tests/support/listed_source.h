// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/source.h"

namespace imagemill {

// A source opened under its default name and listed.
struct ListedSource {
  std::unique_ptr<Source> source;
  Listing listing;

  std::vector<std::string> keys() const {
    std::vector<std::string> out;
    for (const SourceEntry& entry : listing.entries) out.push_back(entry.key);
    return out;
  }
  std::map<std::string, Code> failures() const {
    std::map<std::string, Code> out;
    for (const SourceFailure& failure : listing.failures)
      out.emplace(failure.key, failure.status.code());
    return out;
  }
  const SourceEntry& entry(std::string_view key) const {
    const auto found = std::ranges::find(listing.entries, key, &SourceEntry::key);
    for (const SourceFailure& failure : listing.failures)
      if (failure.key == key) throw std::out_of_range(failure.status.to_string());
    if (found == listing.entries.end()) throw std::out_of_range("no entry " + std::string(key));
    return *found;
  }
  Result<std::string> read(std::string_view key) const {
    auto bytes = source->read(entry(key));
    if (!bytes) return std::unexpected(std::move(bytes).error());
    return std::string(as_text(*bytes));
  }
};

inline Result<ListedSource> list_source(const std::string& location,
                                        const SourceOptions& options = {},
                                        std::string standard_input = {}) {
  ListedSource out;
  IMAGEMILL_ASSIGN_OR_RETURN(
      out.source, open_source(location, default_source_name(location), options, real_file_system(),
                              std::move(standard_input)));
  IMAGEMILL_ASSIGN_OR_RETURN(out.listing, out.source->list(CancelToken()));
  return out;
}

}  // namespace imagemill
