// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/report_samples.h"

#include <algorithm>
#include <set>

#include "jobs/fit.h"
#include "kernels/alpha.h"

namespace imagemill {
namespace {

constexpr size_t kSamples = 8;
constexpr int kSampleSide = 240;

Result<SamplePicture> shrink(StageContext& context, ByteSpan bytes) {
  IMAGEMILL_ASSIGN_OR_RETURN(const ImageHeader header, context.codecs.read_header(bytes));
  const Size seen = oriented({header.width, header.height}, header.orientation);
  const FitPlan plan = plan_fit(seen, {kSampleSide, kSampleSide}, Fit::kInside, {}, false);
  const ViewRequest request{.size = plan.picture, .kernel = ResizeKernel::kLinear, .bits_max = 8};
  const DecodeRequest decode{.at_least = least_decode_size(header, {&request, 1}).value_or(Size{}),
                             .limits = context.limits};
  IMAGEMILL_ASSIGN_OR_RETURN(const Decoded decoded, context.codecs.decode(bytes, decode));
  std::optional<std::string> warning;
  IMAGEMILL_ASSIGN_OR_RETURN(Image view, make_view(decoded, request, context.tools, warning));
  IMAGEMILL_ASSIGN_OR_RETURN(view, flatten(view, {1, 1, 1}));
  IMAGEMILL_ASSIGN_OR_RETURN(
      Bytes jpeg, context.codecs.encoder_for(FileFormat::kJpeg)->encode(view, {.quality = 80}, {}));
  return SamplePicture{.media_type = "image/jpeg",
                       .bytes = std::move(jpeg),
                       .width = seen.width,
                       .height = seen.height,
                       .file_bytes = bytes.size()};
}

// Not a text beside it.
bool is_picture(const OutputRecord& output) {
  return format_of_extension(lower_extension(output.path)) != FileFormat::kUnknown;
}

}  // namespace

std::vector<Sample> take_samples(StageContext& context, std::span<RankedEntry* const> work,
                                 RunStore& store, const OutputPlace& place, FileSystem& fs) {
  std::vector<Sample> samples;
  if (work.empty() || place.sink_kind() != SinkKind::kFolder ||
      context.inputs.has_sequential_source())
    return samples;
  std::map<std::string_view, const RankedEntry*> picked;
  const size_t step = std::max<size_t>(1, work.size() / kSamples);
  for (size_t i = 0; i < work.size() && picked.size() < kSamples; i += step)
    picked.emplace(work[i]->key, work[i]);

  // A sample that cannot be had is no reason to fail a finished run.
  (void)store.for_each_item([&](const ItemRecord& item) -> Result<> {
    const auto it = picked.find(item.key);
    const auto output = std::ranges::find_if(item.outputs, is_picture);
    if (it == picked.end() || output == item.outputs.end()) return {};
    const auto original = context.inputs.sources[it->second->source]->read(it->second->listed());
    const auto result = fs.read(join_path(place.output(), output->path), context.max_file_bytes);
    if (!original || !result) return {};
    auto before = shrink(context, *original);
    auto after = shrink(context, *result);
    if (before && after) samples.push_back({item.key, std::move(*before), std::move(*after)});
    return {};
  });
  return samples;
}

}  // namespace imagemill
