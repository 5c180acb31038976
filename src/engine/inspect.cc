// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// An inspection is a run of the job `quality` into a folder that nobody keeps, and a summary of its
// store.
#include "imagemill/inspect.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "engine/output_place.h"
#include "engine/run_options.h"
#include "imagemill/engine.h"
#include "store/run_store.h"

namespace imagemill {
namespace {

constexpr std::array<std::string_view, 9> kOrientationNames = {"1 upright",
                                                               "1 upright",
                                                               "2 mirrored",
                                                               "3 upside down",
                                                               "4 upside down, mirrored",
                                                               "5 turned left, mirrored",
                                                               "6 turned left",
                                                               "7 turned right, mirrored",
                                                               "8 turned right"};

struct MegapixelClass {
  double below;
  std::string_view name;
};
constexpr std::array<MegapixelClass, 7> kMegapixelClasses = {{{0.1, "below 0.1 MP"},
                                                              {0.5, "0.1 to 0.5 MP"},
                                                              {1, "0.5 to 1 MP"},
                                                              {4, "1 to 4 MP"},
                                                              {12, "4 to 12 MP"},
                                                              {50, "12 to 50 MP"},
                                                              {INFINITY, "50 MP and more"}}};

// The usual ratio within 2 %, long side first; "other" for the rest.
std::string aspect_name(Size size) {
  constexpr std::array<Size, 7> kUsual = {
      {{1, 1}, {5, 4}, {4, 3}, {3, 2}, {16, 10}, {16, 9}, {2, 1}}};
  const double ratio =
      static_cast<double>(std::max(size.width, size.height)) / std::min(size.width, size.height);
  for (const Size usual : kUsual) {
    const double wanted = static_cast<double>(usual.width) / usual.height;
    if (std::abs(ratio / wanted - 1) > 0.02) continue;
    return size.width >= size.height ? fmt::format("{}:{}", usual.width, usual.height)
                                     : fmt::format("{}:{}", usual.height, usual.width);
  }
  return "other";
}

using Counts = std::map<std::string, int64_t>;

std::vector<Tally> most_frequent_first(const Counts& counts) {
  std::vector<Tally> tallies;
  for (const auto& [name, count] : counts) tallies.push_back({name, count});
  std::ranges::stable_sort(tallies, std::greater(), &Tally::count);
  return tallies;
}

uint64_t pixels(Size size) {
  return static_cast<uint64_t>(size.width) * static_cast<uint64_t>(size.height);
}

// Collects while the store is read.
class CollectionSummary {
 public:
  void add_item(const ItemRecord& item) {
    ++report_.files;
    switch (item.state) {
      case ItemState::kSkipped:
        ++report_.others;
        return;
      case ItemState::kFailed:
        report_.broken.push_back({item.key, item.stage, item.message});
        return;
      case ItemState::kDone:
        add_picture(item);
    }
  }

  // Columns by name, as the job's table has them.
  void add_measures(const std::string& key, const Row& row, const TableSchema& table) {
    const auto at = [&](std::string_view name) -> const Value& {
      const auto column = std::ranges::find(table.columns, name, &Column::name);
      return row.values.at(static_cast<size_t>(column - table.columns.begin()));
    };
    const auto real = [&](std::string_view name) {
      const auto* value = std::get_if<double>(&at(name));
      return value != nullptr ? *value : 0;
    };
    const auto text = [&](std::string_view name) {
      const auto* value = std::get_if<std::string>(&at(name));
      return value != nullptr ? *value : std::string();
    };
    const double sharpness = real("sharpness");
    sharpness_.push_back(sharpness);
    const auto* blank = std::get_if<int64_t>(&at("near_uniform"));
    if (blank != nullptr && *blank != 0)
      report_.blank.push_back(key);
    else if (sharpness < kBlurredSharpness)
      report_.blurred.push_back(key);
    if (real("mean") < kDarkMean) report_.dark.push_back(key);
    if (real("clipped_high") > kBlownShare) report_.blown.push_back(key);
    ++pixel_formats_[text("pixel_format")];
    const std::string profile = text("profile");
    ++profiles_[profile.empty() ? "none" : profile];
  }

  CollectionReport take() {
    report_.formats = most_frequent_first(formats_);
    report_.aspects = most_frequent_first(aspects_);
    report_.pixel_formats = most_frequent_first(pixel_formats_);
    report_.profiles = most_frequent_first(profiles_);
    for (const auto& [name, count] : orientations_) report_.orientations.push_back({name, count});
    for (size_t i = 0; i < kMegapixelClasses.size(); ++i)
      if (megapixels_[i] > 0)
        report_.megapixels.push_back({std::string(kMegapixelClasses[i].name), megapixels_[i]});
    std::ranges::sort(sizes_, {}, [](Size s) { return std::pair(pixels(s), s.width); });
    if (!sizes_.empty()) {
      report_.smallest = sizes_.front();
      report_.median = sizes_[(sizes_.size() - 1) / 2];
      report_.largest = sizes_.back();
    }
    std::ranges::sort(sharpness_);
    if (!sharpness_.empty()) report_.sharpness_median = sharpness_[(sharpness_.size() - 1) / 2];
    group_duplicates();
    return std::move(report_);
  }

 private:
  struct Content {
    std::string hash;
    std::string key;
    uint64_t bytes = 0;
  };

  void add_picture(const ItemRecord& item) {
    ++report_.pictures;
    report_.bytes += item.bytes;
    ++formats_[item.format];
    const auto orientation = static_cast<size_t>(std::clamp(item.orientation, 1, 8));
    ++orientations_[std::string(kOrientationNames[orientation])];
    const Size size = oriented({item.width, item.height}, static_cast<Orientation>(orientation));
    sizes_.push_back(size);
    ++aspects_[aspect_name(size)];
    const double megapixels = static_cast<double>(pixels(size)) / 1e6;
    const auto is_above = [megapixels](const MegapixelClass& c) { return megapixels < c.below; };
    ++megapixels_[static_cast<size_t>(std::ranges::find_if(kMegapixelClasses, is_above) -
                                      kMegapixelClasses.begin())];
    if (item.is_damaged)
      report_.damaged.push_back(
          {item.key, "", item.warnings.empty() ? "damaged" : item.warnings.front()});
    contents_.push_back({item.hash, item.key, item.bytes});
  }

  void group_duplicates() {
    std::ranges::sort(contents_, {}, [](const Content& c) { return std::tie(c.hash, c.key); });
    for (auto first = contents_.begin(); first != contents_.end();) {
      const auto last = std::find_if(first, contents_.end(),
                                     [&](const Content& c) { return c.hash != first->hash; });
      if (last - first > 1) {
        DuplicateGroup group{first->hash, first->bytes, {}};
        for (auto it = first; it != last; ++it) group.keys.push_back(std::move(it->key));
        report_.duplicates.push_back(std::move(group));
      }
      first = last;
    }
    std::ranges::sort(report_.duplicates, [](const DuplicateGroup& a, const DuplicateGroup& b) {
      if (a.keys.size() != b.keys.size()) return a.keys.size() > b.keys.size();
      return a.keys < b.keys;
    });
  }

  CollectionReport report_;
  Counts formats_, aspects_, orientations_, pixel_formats_, profiles_;
  std::array<int64_t, kMegapixelClasses.size()> megapixels_{};
  std::vector<Size> sizes_;
  std::vector<double> sharpness_;
  std::vector<Content> contents_;
};

}  // namespace

std::span<const OptionSpec> inspect_options() {
  static constexpr std::array<std::string_view, 10> kNames = {
      "threads",       "max-memory", "fail-on", "limit-pixels", "limit-file",
      "limit-seconds", "isolate",    "include", "exclude",      "shard"};
  static const std::vector<OptionSpec> options = run_options_named(kNames);
  return options;
}

Result<CollectionReport> inspect(const InspectSpec& spec, Listener& listener,
                                 const CancelToken& cancel) {
  IMAGEMILL_TRY(OptionValues::parse(inspect_options(), spec.options));
  const RunSpec run{.inputs = spec.inputs,
                    .output = spec.work_folder,
                    .jobs = {{"quality", {}}},
                    .options = spec.options,
                    .standard_input = spec.standard_input,
                    .codec_host = spec.codec_host,
                    .command = {}};
  IMAGEMILL_ASSIGN_OR_RETURN(const RunFinished finished, Engine().run(run, listener, cancel));
  if (finished.outcome == RunFinished::Outcome::kFailed)
    return fail(Code::kInternal, "the inspection failed: {}", finished.error);

  IMAGEMILL_ASSIGN_OR_RETURN(const OutputPlace place,
                             OutputPlace::open(spec.work_folder, "auto", real_file_system()));
  IMAGEMILL_ASSIGN_OR_RETURN(const auto store, RunStore::open_existing(place.store_path()));
  CollectionSummary summary;
  IMAGEMILL_TRY(store->for_each_item([&](const ItemRecord& item) -> Result<> {
    summary.add_item(item);
    return {};
  }));
  IMAGEMILL_ASSIGN_OR_RETURN(const auto tables, store->tables());
  for (const TableSchema& table : tables) {
    if (table.name != "quality") continue;
    IMAGEMILL_TRY(
        store->for_each_row(table.name, [&](const std::string& key, const Row& row) -> Result<> {
          summary.add_measures(key, row, table);
          return {};
        }));
  }
  CollectionReport report = summary.take();
  report.is_whole = finished.outcome == RunFinished::Outcome::kComplete;
  return report;
}

}  // namespace imagemill
