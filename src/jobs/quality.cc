// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// quality: measures of every picture as rows. All come from one view, the luma at 512 pixels on the
// long side, so that figures of pictures of different sizes can be compared.
#include "jobs/csv_export.h"
#include "jobs/fit.h"
#include "jobs/registry.h"
#include "kernels/alpha.h"
#include "kernels/color_profile.h"
#include "kernels/contrast.h"
#include "kernels/entropy.h"
#include "kernels/exposure.h"
#include "kernels/near_uniform.h"
#include "kernels/phash.h"
#include "kernels/sharpness.h"

namespace imagemill {
namespace {

constexpr int kSide = 512;

class QualityJob final : public Job {
 public:
  const JobInfo& info() const override { return quality_info(); }

  std::optional<TableSchema> table() const override {
    return TableSchema{"quality",
                       {{"sharpness", ColumnType::kReal},
                        {"mean", ColumnType::kReal},
                        {"p1", ColumnType::kReal},
                        {"p99", ColumnType::kReal},
                        {"clipped_low", ColumnType::kReal},
                        {"clipped_high", ColumnType::kReal},
                        {"contrast", ColumnType::kReal},
                        {"entropy", ColumnType::kReal},
                        {"near_uniform", ColumnType::kInteger},
                        {"phash", ColumnType::kText},
                        {"dhash", ColumnType::kText},
                        {"content_hash", ColumnType::kText},
                        {"pixel_format", ColumnType::kText},
                        {"profile", ColumnType::kText}}};
  }

  std::optional<std::string> cache_key() const override { return "1"; }

  std::vector<ViewRequest> views(const ImageHeader& header) const override {
    return {view_request(header)};
  }

  Result<> process(ItemContext& context) const override {
    IMAGEMILL_ASSIGN_OR_RETURN(Image luma, context.view(view_request(context.header())));
    // As it is seen on a white page; hidden colours do not count.
    IMAGEMILL_ASSIGN_OR_RETURN(luma, flatten(luma, {1, 1, 1}));
    IMAGEMILL_ASSIGN_OR_RETURN(const double sharpness, laplacian_variance(luma));
    IMAGEMILL_ASSIGN_OR_RETURN(const SampleHistogram histogram, luma_histogram(luma));
    const Exposure exposure = exposure_of(histogram);
    IMAGEMILL_ASSIGN_OR_RETURN(const uint64_t perceptual, phash(resizer_, luma));
    IMAGEMILL_ASSIGN_OR_RETURN(const uint64_t difference, dhash(resizer_, luma));
    const bool is_uniform = exposure.p99 - exposure.p1 <= kNearUniformSpread;
    const Item& item = context.item();
    context.emit_row({sharpness, exposure.mean, exposure.p1, exposure.p99, exposure.clipped_low,
                      exposure.clipped_high, rms_contrast(histogram), entropy_bits(histogram),
                      int64_t{is_uniform}, fmt::format("{:016x}", perceptual),
                      fmt::format("{:016x}", difference), item.record.hash,
                      to_string(item.header.pixel_format),
                      profile_name(item.decoded->image.color)});
    return {};
  }

  Result<> finish(FinishContext& context) override {
    return export_csv(context, *table(), "quality.csv");
  }

 private:
  static ViewRequest view_request(const ImageHeader& header) {
    const Size source = oriented({header.width, header.height}, header.orientation);
    return {.size = plan_fit(source, {kSide, kSide}, Fit::kInside, {}, false).picture,
            .color = ViewColor::kLuma,
            .kernel = ResizeKernel::kCubic,
            .bits_max = 8};
  }

  // For the hashes; it locks for itself.
  mutable Resizer resizer_;
};

}  // namespace

const JobInfo& quality_info() {
  static constexpr JobInfo kInfo{"quality", "Sharpness, exposure and hashes, as rows and CSV", {}};
  return kInfo;
}

Result<std::unique_ptr<Job>> make_quality(const OptionValues& options, const JobTools& tools) {
  (void)options;
  (void)tools;
  return std::make_unique<QualityJob>();
}

}  // namespace imagemill
