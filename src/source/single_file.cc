// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "source/entry_key.h"
#include "source/kinds.h"

namespace imagemill {
namespace {

// A picture that was named directly: no glob and no rule about hidden names applies to it.
class SingleFile final : public Source {
 public:
  explicit SingleFile(SourcePlace place) : place_(std::move(place)) {}

  const std::string& name() const override { return place_.name; }

  Result<Listing> list(const CancelToken& cancel) override {
    if (cancel.is_requested()) return fail(Code::kCancelled, "{}: cancelled", place_.location);
    IMAGEMILL_ASSIGN_OR_RETURN(const FileStat stat, place_.fs->stat(place_.location));
    // Usually "a.jpg"; "a.jpg-2/a.jpg" when the caller had to tell two of them apart.
    SourceEntry entry = KeyPrefix(place_.name, '/').entry_of(file_name(place_.location));
    if (entry.key.substr(entry.path_at) == escape_key(place_.name)) {
      entry.key.erase(0, entry.path_at);
      entry.path_at = 0;
    }
    entry.bytes = stat.bytes;
    entry.mtime_ns = stat.mtime_ns;
    Listing listing;
    listing.entries.push_back(std::move(entry));
    return listing;
  }

  std::optional<std::string> file_of(const SourceEntry&) const override { return place_.location; }

  Result<Bytes> read(const SourceEntry&) override {
    return place_.fs->read(place_.location, place_.options.limits.max_file_bytes);
  }

 private:
  SourcePlace place_;
};

}  // namespace

std::unique_ptr<Source> open_single_file(SourcePlace place) {
  return std::make_unique<SingleFile>(std::move(place));
}

}  // namespace imagemill
