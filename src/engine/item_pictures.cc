// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/item_pictures.h"

#include <algorithm>

namespace imagemill {
namespace {

// `least` {0, 0}: full size.
bool is_large_enough(const Decoded& decoded, Size least) {
  return decoded.scale_num == decoded.scale_den ||
         (least != Size{} && decoded.image.width() >= least.width &&
          decoded.image.height() >= least.height);
}

Result<> check_region(const ImageHeader& header, const ViewRequest& r) {
  const Size seen = oriented({header.width, header.height}, header.orientation);
  // Written so that a NaN is within nothing.
  const bool is_whole = r.window_width == 0;
  const bool is_within = r.window_x >= 0 && r.window_y >= 0 && r.window_width > 0 &&
                         r.window_height > 0 && r.window_x + r.window_width <= seen.width &&
                         r.window_y + r.window_height <= seen.height;
  if (r.size.width >= 1 && r.size.height >= 1 && (is_whole || is_within)) return {};
  return fail(Code::kInternal,
              "late view of {}x{} pixels from {},{} {}x{}: expected a region within {}x{}",
              r.size.width, r.size.height, r.window_x, r.window_y, r.window_width, r.window_height,
              seen.width, seen.height);
}

}  // namespace

Result<const Decoded*> ItemPictures::source_of(size_t job) const {
  const size_t source = plan_.jobs[job].picture_of;
  if (source == PlannedJob::kNone) {
    if (!item_.decoded) return fail(Code::kInternal, "asks for a view that it did not declare");
    return &*item_.decoded;
  }
  const auto made = made_.find(source);
  if (made == made_.end())
    return fail(Code::kInternal, "looks at a picture that its job declared but did not make");
  return &made->second;
}

Result<Image> ItemPictures::make(const Decoded& from, const ViewRequest& request) {
  std::optional<std::string> warning;
  IMAGEMILL_ASSIGN_OR_RETURN(Image image, make_view(from, request, tools_, warning));
  if (warning) warn(std::move(*warning));
  return image;
}

void ItemPictures::warn(std::string text) {
  std::vector<std::string>& told = item_.record.warnings;
  if (std::ranges::find(told, text) == told.end()) told.push_back(std::move(text));
}

Result<Image> ItemPictures::view(size_t job, const ViewRequest& request) {
  const size_t source = plan_.jobs[job].picture_of;
  for (const MadeView& made : views_)
    if (made.source == source && made.request == request) return made.image;
  IMAGEMILL_ASSIGN_OR_RETURN(const Decoded* from, source_of(job));
  IMAGEMILL_ASSIGN_OR_RETURN(Image image, make(*from, request));
  views_.push_back({source, request, image});
  return image;
}

Result<> ItemPictures::view_into(size_t job, const ViewRequest& request, Image& out) {
  IMAGEMILL_ASSIGN_OR_RETURN(const Decoded* from, source_of(job));
  std::optional<std::string> warning;
  IMAGEMILL_TRY(make_view_into(*from, request, tools_, out, warning));
  if (warning) warn(std::move(*warning));
  return {};
}

void ItemPictures::release_views(size_t job) {
  const auto later =
      std::ranges::subrange(plan_.jobs.begin() + static_cast<ptrdiff_t>(job) + 1, plan_.jobs.end());
  std::erase_if(views_, [&](const MadeView& made) {
    return std::ranges::none_of(later, [&](const JobShare& share) {
      return share.picture_of == made.source &&
             std::ranges::find(share.views, made.request) != share.views.end();
    });
  });
  const bool is_wanted = std::ranges::any_of(later, [](const JobShare& share) {
    return share.picture_of == PlannedJob::kNone &&
           (!share.views.empty() || !share.late_views.empty());
  });
  if (!is_wanted) item_.decoded.reset();
}

Result<Image> ItemPictures::late_view(size_t job, const ViewRequest& request) {
  const JobShare& share = plan_.jobs[job];
  if (share.late_views.empty())
    return fail(Code::kInternal, "asks for a late view, but did not declare that it may");
  IMAGEMILL_TRY(check_region(share.header, request));
  IMAGEMILL_ASSIGN_OR_RETURN(const Decoded* from, large_enough(job, request));
  return make(*from, request);
}

Result<const Decoded*> ItemPictures::large_enough(size_t job, const ViewRequest& request) {
  const JobShare& share = plan_.jobs[job];
  if (share.picture_of != PlannedJob::kNone) return source_of(job);
  const Size least = *least_decode_size(share.header, {&request, 1});
  if (item_.decoded && is_large_enough(*item_.decoded, least)) return &*item_.decoded;
  if (late_ && is_large_enough(*late_, least)) return &*late_;
  const Size most = *least_decode_size(share.header, share.late_views);
  const bool is_beyond = least == Size{} || least.width > most.width || least.height > most.height;
  if (most != Size{} && is_beyond)
    return fail(Code::kInternal,
                "asks for a late view that takes a decode of {}x{}, but declared {}x{} at most",
                least.width, least.height, most.width, most.height);
  late_.reset();
  DecodeRequest decode = decode_;
  decode.at_least = least;
  IMAGEMILL_ASSIGN_OR_RETURN(late_,
                             codecs_.decoder_for(share.header.format)->decode(item_.bytes, decode));
  ++item_.record.late_decodes;
  item_.record.is_damaged |= late_->is_damaged;
  std::ranges::for_each(late_->warnings, [this](const std::string& text) { warn(text); });
  return &*late_;
}

Result<> ItemPictures::keep(size_t job, Image image) {
  const std::optional<ImageHeader>& declared = plan_.jobs[job].picture;
  if (!declared) return {};
  if (image.width() != declared->width || image.height() != declared->height)
    return fail(Code::kInternal, "made a picture of {}x{}, but declared {}x{}", image.width(),
                image.height(), declared->width, declared->height);
  made_.insert_or_assign(job, Decoded{.image = std::move(image), .header = *declared});
  return {};
}

void ItemPictures::release_after(size_t job) {
  if (job + 1 >= plan_.readers) {
    item_.bytes = Bytes();  // "= {}" would keep the memory
    late_.reset();
  }
  std::erase_if(made_, [&](const auto& entry) {
    const auto later = std::ranges::subrange(plan_.jobs.begin() + static_cast<ptrdiff_t>(job) + 1,
                                             plan_.jobs.end());
    return std::ranges::find(later, entry.first, &JobShare::picture_of) == later.end();
  });
}

}  // namespace imagemill
