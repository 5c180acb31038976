// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// dedupe: hashes of every picture, and groups of those that show the same.
#include "jobs/dedupe.h"

#include <array>

#include "jobs/duplicate_groups.h"
#include "jobs/duplicate_page.h"
#include "jobs/duplicate_rows.h"
#include "jobs/duplicate_text.h"
#include "jobs/registry.h"
#include "kernels/alpha.h"
#include "kernels/exposure.h"
#include "kernels/near_uniform.h"
#include "kernels/orient.h"
#include "kernels/phash.h"
#include "kernels/sharpness.h"
#include "vectors/hamming_neighbors.h"

namespace imagemill {
namespace {

// Of the view, whatever the picture's shape. JPEGs of camera size come at an eighth of theirs.
constexpr int kSide = 128;
// Of what the hashes of all orientations are made.
constexpr int kHashSide = 32;
constexpr int kPreviewSide = 176;

// What only decides about what is made of the rows may change from one try of a run to the next.
constexpr bool kOfTheRows = true, kOfTheGroups = false;

constexpr std::array kOptions = {
    OptionSpec{"by", OptionKind::kChoice, "hash",
               "what finds copies besides equal bytes: perceptual hashes, the vectors of `embed`, "
               "or either",
               "hash|embedding|both", 0, 0, kOfTheGroups},
    OptionSpec{"hash", OptionKind::kChoice, "phash",
               "of frequencies, or of which of two neighbours is brighter", "phash|dhash", 0, 0,
               kOfTheRows},
    OptionSpec{"radius", OptionKind::kInteger, "10", "most bits of 64 in which hashes may differ",
               "", 0, kMaxHammingRadius, kOfTheGroups},
    OptionSpec{"threshold", OptionKind::kReal, "0.9", "least cosine of vectors", "", 0, 1,
               kOfTheGroups},
    OptionSpec{"variants", OptionKind::kChoice, "none",
               "copies that count though they are mirrored or turned by quarters",
               "none|mirror|rotate|mirror,rotate", 0, 0, kOfTheGroups},
    OptionSpec{"keep", OptionKind::kChoice, "best",
               "which of a group to keep; best: by size, format, sharpness, bytes, age; first: by "
               "name",
               "best|oldest|newest|first", 0, 0, kOfTheGroups},
    OptionSpec{"json-shape", OptionKind::kChoice, "groups",
               "shape of duplicates.json; imagededup: as that program writes it",
               "groups|imagededup", 0, 0, kOfTheGroups},
    OptionSpec{"page-groups", OptionKind::kInteger, "200",
               "most groups that duplicates.html shows; 0: no page", "", 0, 10000, kOfTheGroups},
};

class DedupeJob final : public Job {
 public:
  DedupeJob(DuplicatesTaker take, const OptionValues& options)
      : take_(std::move(take)),
        options_(duplicate_options(options)),
        hash_name_(options.text("hash")),
        hash_(hash_name_ == "dhash" ? dhash : phash),
        is_for_imagededup_(options.text("json-shape") == "imagededup"),
        page_groups_(static_cast<size_t>(options.integer("page-groups"))) {}

  const JobInfo& info() const override { return dedupe_info(); }

  std::optional<TableSchema> table() const override { return duplicate_table(); }

  std::vector<std::string> needs_rows_of() const override {
    if (options_.by_embedding) return {"embed"};
    return {};
  }

  std::optional<std::string> cache_key() const override { return hash_name_ + " 1"; }

  std::vector<ViewRequest> views(const ImageHeader&) const override { return {view_request()}; }

  Result<> process(ItemContext& context) const override {
    IMAGEMILL_ASSIGN_OR_RETURN(Image luma, context.view(view_request()));
    // As it is seen on a white page; hidden colours do not count.
    IMAGEMILL_ASSIGN_OR_RETURN(luma, flatten(luma, {1, 1, 1}));
    const ItemRecord& record = context.item().record;
    const ImageHeader& header = context.header();
    DuplicateRow row{.content = record.hash,
                     .format = std::string(format_name(header.format)),
                     .size = oriented({header.width, header.height}, header.orientation),
                     .is_damaged = record.is_damaged};
    IMAGEMILL_ASSIGN_OR_RETURN(row.sharpness, laplacian_variance(luma));
    IMAGEMILL_ASSIGN_OR_RETURN(row.is_blank, is_near_uniform(luma));
    IMAGEMILL_ASSIGN_OR_RETURN(row.signature, luma_signature(resizer_, luma));
    IMAGEMILL_TRY(add_hashes(luma, row));
    context.emit_row(to_values(row));
    return {};
  }

  Result<> finish(FinishContext& context) override {
    const auto is_input = [&](std::string_view key) { return context.is_input(key); };
    IMAGEMILL_ASSIGN_OR_RETURN(
        DuplicateFindings findings,
        find_duplicates(context.store(), options_, is_input, context.cancel()));
    IMAGEMILL_TRY(write(context, findings));
    if (take_) take_(std::move(findings));
    return {};
  }

 private:
  Result<> write(FinishContext& context, const DuplicateFindings& findings) const {
    IMAGEMILL_TRY(context.write_output("duplicates.csv", as_byte_span(duplicates_csv(findings))));
    const std::string json = is_for_imagededup_ ? imagededup_json(findings) : to_json(findings);
    IMAGEMILL_TRY(context.write_output("duplicates.json", as_byte_span(json)));
    if (page_groups_ == 0) return {};
    const std::string page =
        duplicate_page(findings, {.groups = page_groups_},
                       [&](std::string_view key) { return context.preview_of(key, kPreviewSide); });
    if (context.cancel().is_requested()) return fail(Code::kCancelled, "dedupe: stopped");
    return context.write_output("duplicates.html", as_byte_span(page));
  }

  static ViewRequest view_request() {
    return {.size = {kSide, kSide},
            .color = ViewColor::kLuma,
            .kernel = ResizeKernel::kLinear,
            .bits_max = 8};
  }

  Result<> add_hashes(const Image& luma, DuplicateRow& row) const {
    const ResizeTarget target{
        .width = kHashSide, .height = kHashSide, .format = PixelFormat::gray()};
    IMAGEMILL_ASSIGN_OR_RETURN(const Image small,
                               resizer_.resize(luma, target, ResizeKernel::kLinear));
    IMAGEMILL_ASSIGN_OR_RETURN(row.hash, hash_(resizer_, small));
    for (size_t i = 0; i < kTurns.size(); ++i) {
      IMAGEMILL_ASSIGN_OR_RETURN(const Image turned, apply_orientation(small, kTurns[i]));
      IMAGEMILL_ASSIGN_OR_RETURN(row.turned[i], hash_(resizer_, turned));
    }
    return {};
  }

  const DuplicatesTaker take_;  // may be empty
  const DuplicateOptions options_;
  const std::string hash_name_;
  Result<uint64_t> (*const hash_)(Resizer& resizer, const Image& image);
  const bool is_for_imagededup_;
  const size_t page_groups_;
  mutable Resizer resizer_;  // it locks for itself
};

}  // namespace

const JobInfo& dedupe_info() {
  static constexpr JobInfo kInfo{"dedupe", "Groups of pictures that show the same", kOptions};
  return kInfo;
}

Result<std::unique_ptr<Job>> make_dedupe(const OptionValues& options, const JobTools& tools) {
  (void)tools;
  return make_dedupe_for({}, options);
}

Result<std::unique_ptr<Job>> make_dedupe_for(DuplicatesTaker take, const OptionValues& options) {
  return std::make_unique<DedupeJob>(std::move(take), options);
}

}  // namespace imagemill
