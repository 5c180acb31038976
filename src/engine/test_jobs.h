// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Jobs that ask for what jobs may ask for, for tests of whole runs.
#pragma once

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <climits>
#include <string>

#include "base/hash.h"
#include "jobs/registry.h"

namespace imagemill {

// Set by a test: the process dies when a job has worked that many times.
inline std::atomic<int> calls_to_live = INT_MAX;

inline std::string hash_of(const Image& image) {
  Bytes samples;
  for (int c = 0; c < image.channels(); ++c) {
    const Plane& plane = image.plane(c);
    for (int y = 0; y < plane.height; ++y) {
      const auto* row = plane.row<std::byte>(y);
      samples.insert(samples.end(), row, row + plane.width * sample_bytes(image.format().sample));
    }
  }
  return hash_content(samples).hex();
}

inline ViewRequest tile_at(double x, double y, int side) {
  return {.size = {side, side},
          .window_x = x,
          .window_y = y,
          .window_width = static_cast<double>(side),
          .window_height = static_cast<double>(side),
          .color = ViewColor::kSrgbRgb};
}

// Sees the picture small, then two of its corners as fine as the file has them.
class TileJob final : public Job {
 public:
  static const JobInfo& describe() {
    static constexpr JobInfo kInfo{"tile", "", {}};
    return kInfo;
  }
  static Result<std::unique_ptr<Job>> make(const OptionValues&, const JobTools&) {
    return std::make_unique<TileJob>();
  }
  const JobInfo& info() const override { return describe(); }
  std::optional<TableSchema> table() const override {
    return TableSchema{"tile", {{"first", ColumnType::kText}, {"last", ColumnType::kText}}};
  }
  std::vector<ViewRequest> views(const ImageHeader&) const override {
    return {{.size = {16, 16}, .color = ViewColor::kLuma}};
  }
  std::vector<ViewRequest> late_views(const ImageHeader& header) const override {
    return {tile_at(0, 0, side(header))};
  }
  Result<> process(ItemContext& context) const override {
    if (--calls_to_live == 0) kill(getpid(), SIGKILL);
    const ImageHeader& header = context.header();
    IMAGEMILL_TRY(context.view(views(header)[0]));
    const Size seen = oriented({header.width, header.height}, header.orientation);
    const int s = side(header);
    IMAGEMILL_ASSIGN_OR_RETURN(const Image first, context.late_view(tile_at(0, 0, s)));
    IMAGEMILL_ASSIGN_OR_RETURN(const Image last,
                               context.late_view(tile_at(seen.width - s, seen.height - s, s)));
    context.emit_row({hash_of(first), hash_of(last)});
    return {};
  }

 private:
  static int side(const ImageHeader& header) { return std::min({32, header.width, header.height}); }
};

// Notes whether the file's bytes are still there after the tiles.
class WitnessJob final : public Job {
 public:
  static const JobInfo& describe() {
    static constexpr JobInfo kInfo{"witness", "", {}};
    return kInfo;
  }
  static Result<std::unique_ptr<Job>> make(const OptionValues&, const JobTools&) {
    return std::make_unique<WitnessJob>();
  }
  const JobInfo& info() const override { return describe(); }
  std::optional<TableSchema> table() const override {
    return TableSchema{"witness",
                       {{"tile", ColumnType::kText}, {"file_bytes", ColumnType::kInteger}}};
  }
  std::vector<std::string> needs_rows_of() const override { return {"tile"}; }
  std::vector<ViewRequest> views(const ImageHeader&) const override { return {}; }
  Result<> process(ItemContext& context) const override {
    context.emit_row(
        {context.row_of("tile")->values[0], static_cast<int64_t>(context.item().bytes.size())});
    return {};
  }
};

// Looks at what prepare made.
class LookJob final : public Job {
 public:
  static const JobInfo& describe() {
    static constexpr JobInfo kInfo{"look", "", {}};
    return kInfo;
  }
  static Result<std::unique_ptr<Job>> make(const OptionValues&, const JobTools&) {
    return std::make_unique<LookJob>();
  }
  const JobInfo& info() const override { return describe(); }
  std::optional<TableSchema> table() const override {
    return TableSchema{"look",
                       {{"width", ColumnType::kInteger},
                        {"height", ColumnType::kInteger},
                        {"hash", ColumnType::kText}}};
  }
  std::string picture_of() const override { return "prepare"; }
  std::vector<ViewRequest> views(const ImageHeader& header) const override {
    return {{.size = oriented({header.width, header.height}, header.orientation),
             .color = ViewColor::kSrgbRgb}};
  }
  Result<> process(ItemContext& context) const override {
    IMAGEMILL_ASSIGN_OR_RETURN(const Image image, context.view(views(context.header())[0]));
    context.emit_row({int64_t{image.width()}, int64_t{image.height()}, hash_of(image)});
    return {};
  }
};

// Asks for what its option says, which no job may.
class MistakenJob final : public Job {
 public:
  static const JobInfo& describe() {
    static constexpr std::array kOptions = {OptionSpec{"mistake", OptionKind::kChoice, "undeclared",
                                                       "what it does", "undeclared|finer|outside"}};
    static constexpr JobInfo kInfo{"mistaken", "", kOptions};
    return kInfo;
  }
  static Result<std::unique_ptr<Job>> make(const OptionValues& options, const JobTools&) {
    return std::make_unique<MistakenJob>(options.text("mistake"));
  }
  explicit MistakenJob(std::string mistake) : mistake_(std::move(mistake)) {}
  const JobInfo& info() const override { return describe(); }
  std::vector<ViewRequest> views(const ImageHeader&) const override {
    return {{.size = {16, 16}, .color = ViewColor::kLuma}};
  }
  std::vector<ViewRequest> late_views(const ImageHeader&) const override {
    if (mistake_ == "undeclared") return {};
    return {{.size = {32, 32}, .window_width = 320, .window_height = 320}};
  }
  Result<> process(ItemContext& context) const override {
    const ViewRequest request = mistake_ == "outside" ? tile_at(1e6, 0, 32) : tile_at(0, 0, 32);
    IMAGEMILL_TRY(context.late_view(request));
    return {};
  }

 private:
  std::string mistake_;
};

}  // namespace imagemill
