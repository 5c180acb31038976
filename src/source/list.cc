// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "source/entry_key.h"
#include "source/glob.h"
#include "source/kinds.h"

namespace imagemill {
namespace {

constexpr uint64_t kEntriesPerCancelCheck = 1024;

class ListSource final : public Source {
 public:
  ListSource(SourcePlace place, std::string text, ListFormat format, std::string base_folder)
      : place_(std::move(place)),
        prefix_(place_.name, '/'),
        text_(std::move(text)),
        format_(format),
        base_folder_(std::move(base_folder)) {}

  const std::string& name() const override { return place_.name; }

  Result<Listing> list(const CancelToken& cancel) override {
    auto parsed = parse_list(std::exchange(text_, {}), format_);
    if (!parsed) return std::unexpected(std::move(parsed).error().with_context(place_.name));

    Listing listing;
    for (ListText::Problem& problem : parsed->problems) {
      const std::string where = fmt::format("line {}", problem.line);
      listing.failures.push_back({fmt::format("{}#line={}", escape_key(place_.name), problem.line),
                                  std::move(problem.status).with_context(where)});
    }
    const EntryFilter filter(place_.options.include, place_.options.exclude);
    for (const std::string& path : parsed->paths) {
      SourceEntry entry = prefix_.entry_of(path);
      if (filter.keeps_everything() || filter.keeps(entry.path()))
        listing.entries.push_back(std::move(entry));
    }
    sort_by_key(listing);
    const auto repeated = std::ranges::unique(listing.entries, {}, &SourceEntry::key);
    listing.entries.erase(repeated.begin(), repeated.end());
    IMAGEMILL_TRY(stat_entries(listing.entries, cancel));
    return listing;
  }

  std::optional<std::string> file_of(const SourceEntry& entry) const override {
    return location_of(entry);
  }

  Result<Bytes> read(const SourceEntry& entry) override {
    return place_.fs->read(location_of(entry), place_.options.limits.max_file_bytes);
  }

 private:
  // A file that is missing keeps its entry: read() says why, and the run has it among its rejects.
  Result<> stat_entries(std::vector<SourceEntry>& entries, const CancelToken& cancel) {
    for (uint64_t i = 0; i < entries.size(); ++i) {
      if (i % kEntriesPerCancelCheck == 0 && cancel.is_requested())
        return fail(Code::kCancelled, "{}: listing cancelled", place_.name);
      if (const auto stat = place_.fs->stat(location_of(entries[i]))) {
        entries[i].bytes = stat->bytes;
        entries[i].mtime_ns = stat->mtime_ns;
      }
    }
    return {};
  }

  std::string location_of(const SourceEntry& entry) const {
    std::string path = prefix_.raw_path_of(entry);
    return path.starts_with('/') ? path : join_path(base_folder_, path);
  }

  SourcePlace place_;
  KeyPrefix prefix_;
  std::string text_;  // until list()
  ListFormat format_;
  std::string base_folder_;
};

}  // namespace

std::unique_ptr<Source> open_list(SourcePlace place, std::string text, ListFormat format,
                                  std::string base_folder) {
  return std::make_unique<ListSource>(std::move(place), std::move(text), format,
                                      std::move(base_folder));
}

}  // namespace imagemill
