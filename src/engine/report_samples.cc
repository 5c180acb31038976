// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/report_samples.h"

#include <algorithm>
#include <set>

#include "engine/thumbnail.h"

namespace imagemill {
namespace {

constexpr size_t kSamples = 8;
constexpr int kSampleSide = 240;

// Not a text beside it.
bool is_picture(const OutputRecord& output) {
  return format_of_extension(lower_extension(output.path)) != FileFormat::kUnknown;
}

}  // namespace

Result<SamplePicture> small_picture(StageContext& context, ByteSpan bytes, int side) {
  IMAGEMILL_ASSIGN_OR_RETURN(
      SmallPicture small, make_small(bytes, side, context.codecs, context.limits, context.tools));
  return SamplePicture{.media_type = "image/jpeg",
                       .bytes = std::move(small.jpeg),
                       .width = small.size.width,
                       .height = small.size.height,
                       .file_bytes = bytes.size()};
}

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
    auto before = small_picture(context, *original, kSampleSide);
    auto after = small_picture(context, *result, kSampleSide);
    if (before && after) samples.push_back({item.key, std::move(*before), std::move(*after)});
    return {};
  });
  return samples;
}

}  // namespace imagemill
