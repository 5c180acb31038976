// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/item_plan.h"

#include <algorithm>

#include "engine/item_facts.h"

namespace imagemill {
namespace {

// Row buffers, tables and compressor state of whatever works on an item.
constexpr uint64_t kScratchBytes = uint64_t{2} << 20;

uint64_t saturating_add(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

uint64_t picture_bytes(Size size, const PixelFormat& format) {
  return image_bytes(size.width, size.height, format).value_or(SIZE_MAX);
}

// Whether the job works on the item at all, as far as that is known before it is decoded.
bool may_run(const PlannedJob& job, const Item& item, std::span<const JobShare> earlier) {
  const auto runs = [&](size_t index) { return earlier[index].runs; };
  if (!std::ranges::all_of(job.rows_of, runs)) return false;
  if (job.picture_of != PlannedJob::kNone && !runs(job.picture_of)) return false;
  if (!job.is_decided_by_facts()) return true;
  const Row facts = item_row(item);
  return job.where->is_true(std::vector<const Row*>(job.where_rows.size(), &facts));
}

// A job that declares no picture hands on the one it was given.
void find_picture(const PlannedJob& job, const Item& item, std::span<const JobShare> earlier,
                  JobShare& share) {
  share.header = item.header;
  if (job.picture_of == PlannedJob::kNone) return;
  const JobShare& maker = earlier[job.picture_of];
  share.picture_of = maker.picture ? job.picture_of : maker.picture_of;
  share.header = maker.picture ? *maker.picture : maker.header;
}

std::vector<JobShare> share_out(std::span<const PlannedJob> jobs, const Item& item) {
  std::vector<JobShare> shares;
  for (const PlannedJob& job : jobs) {
    JobShare share{.runs = may_run(job, item, shares)};
    if (share.runs) {
      find_picture(job, item, shares, share);
      share.views = job.job->views(share.header);
      share.late_views = job.job->late_views(share.header);
      const size_t index = shares.size();
      if (std::ranges::find(jobs, index, &PlannedJob::picture_of) != jobs.end())
        share.picture = job.job->picture(share.header);
    }
    shares.push_back(std::move(share));
  }
  return shares;
}

// Whether all that look at the file's picture are content with its thumbnail.
bool thumbnail_will_do(std::span<const PlannedJob> jobs, std::span<const JobShare> shares) {
  for (size_t i = 0; i < shares.size(); ++i) {
    const JobShare& share = shares[i];
    if (!share.runs || share.picture_of != PlannedJob::kNone) continue;
    if (!share.late_views.empty()) return false;
    if (!share.views.empty() && !jobs[i].job->accepts_thumbnail()) return false;
  }
  return true;
}

// Views of the picture that `source` made, each once.
std::vector<ViewRequest> views_of(std::span<const JobShare> shares, size_t source) {
  std::vector<ViewRequest> views;
  for (const JobShare& share : shares) {
    if (share.picture_of != source) continue;
    for (const ViewRequest& view : share.views)
      if (std::ranges::find(views, view) == views.end()) views.push_back(view);
  }
  return views;
}

// Bytes that a late view takes at most: a decode for the most demanding one, then the view.
uint64_t late_bytes(const JobShare& share, const CodecSet& codecs, DecodeRequest request) {
  if (share.late_views.empty()) return 0;
  uint64_t view = 0;
  for (const ViewRequest& late : share.late_views)
    view = std::max(view, view_bytes(share.header, late));
  if (share.picture_of != PlannedJob::kNone) return view;
  request.at_least = *least_decode_size(share.header, share.late_views);
  return saturating_add(
      codecs.decoder_for(share.header.format)->decode_bytes(share.header, request), view);
}

// How many jobs, from the first, lie before or are the last for which `holds`.
template <typename Holds>
size_t count_to_last(std::span<const JobShare> shares, Holds holds) {
  size_t count = 0;
  for (size_t i = 0; i < shares.size(); ++i)
    if (holds(i)) count = i + 1;
  return count;
}

// Of the pictures that earlier jobs made and job `now` or a later one looks at, its own included.
uint64_t bytes_of_pictures(std::span<const JobShare> shares, size_t now) {
  uint64_t bytes = 0;
  for (size_t maker = 0; maker <= now; ++maker) {
    if (!shares[maker].picture) continue;
    const size_t until =
        count_to_last(shares, [&](size_t i) { return shares[i].picture_of == maker; });
    const ImageHeader& made = *shares[maker].picture;
    if (now < until)
      bytes = saturating_add(bytes, picture_bytes({made.width, made.height}, made.pixel_format));
  }
  return bytes;
}

// The most that is held from each job on: the file's picture with every view, and what the job and
// those after it add.
std::vector<uint64_t> bytes_from_each(std::span<const PlannedJob> jobs, const ItemPlan& plan,
                                      const Item& item, const CodecSet& codecs,
                                      const DecodeRequest& request) {
  uint64_t always = kScratchBytes;
  if (plan.decode_at_least) {
    const Size size = codecs.decoder_for(item.header.format)->decoded_size(item.header, request);
    always = saturating_add(always, picture_bytes(size, item.header.pixel_format));
  }
  uint64_t late = 0;
  for (const JobShare& share : plan.jobs) late = std::max(late, late_bytes(share, codecs, request));
  const size_t late_until =
      count_to_last(plan.jobs, [&](size_t i) { return !plan.jobs[i].late_views.empty(); });
  for (const ViewRequest& view : views_of(plan.jobs, PlannedJob::kNone))
    always = saturating_add(always, view_bytes(item.header, view));
  for (size_t maker = 0; maker < jobs.size(); ++maker) {
    for (const ViewRequest& view : views_of(plan.jobs, maker))
      always = saturating_add(always, view_bytes(*plan.jobs[maker].picture, view));
  }
  std::vector<uint64_t> from(jobs.size(), always);
  for (size_t i = jobs.size(); i-- > 0;) {
    uint64_t now = saturating_add(always, bytes_of_pictures(plan.jobs, i));
    if (i < plan.readers) now = saturating_add(now, item.bytes.size());
    if (i < late_until) now = saturating_add(now, late);
    if (plan.jobs[i].runs && !item.knows_rows_of(i))
      now = saturating_add(now, jobs[i].job->working_bytes(plan.jobs[i].header));
    from[i] = i + 1 < jobs.size() ? std::max(now, from[i + 1]) : now;
  }
  return from;
}

// Where rows of an earlier run are taken over nobody looks at pixels. What is decoded for the other
// jobs is decoded as ever: their results must not depend on what happens to be known.
void forget_views_of_known_rows(const Item& item, ItemPlan& plan) {
  for (size_t i = 0; i < plan.jobs.size(); ++i) {
    if (!item.knows_rows_of(i)) continue;
    plan.jobs[i].views.clear();
    plan.jobs[i].late_views.clear();
  }
  const bool somebody_looks = std::ranges::any_of(plan.jobs, [](const JobShare& share) {
    return share.picture_of == PlannedJob::kNone &&
           !(share.views.empty() && share.late_views.empty());
  });
  if (somebody_looks) return;
  plan.decode_at_least.reset();
  plan.thumbnail_will_do = false;
}

}  // namespace

ItemPlan plan_item(std::span<const PlannedJob> jobs, const Item& item, const CodecSet& codecs,
                   DecodeRequest request) {
  ItemPlan plan{.jobs = share_out(jobs, item)};
  plan.decode_at_least = least_decode_size(item.header, views_of(plan.jobs, PlannedJob::kNone));
  plan.thumbnail_will_do = plan.decode_at_least && thumbnail_will_do(jobs, plan.jobs);
  forget_views_of_known_rows(item, plan);
  plan.readers = count_to_last(plan.jobs, [&](size_t i) {
    const JobShare& share = plan.jobs[i];
    const bool decodes_late = !share.late_views.empty() && share.picture_of == PlannedJob::kNone;
    return decodes_late ||
           (share.runs && !item.knows_rows_of(i) && jobs[i].job->keeps_file(share.header));
  });
  plan.decoding_bytes = item.bytes.size() + kScratchBytes;
  if (plan.decode_at_least) {
    request.at_least = *plan.decode_at_least;
    plan.decoding_bytes =
        saturating_add(plan.decoding_bytes,
                       codecs.decoder_for(item.header.format)->decode_bytes(item.header, request));
  }
  plan.bytes_from = bytes_from_each(jobs, plan, item, codecs, request);
  for (size_t i = 0; i < jobs.size(); ++i) {
    const JobShare& share = plan.jobs[i];
    const uint64_t own =
        kScratchBytes + (share.runs ? jobs[i].job->working_bytes(share.header) : 0);
    const uint64_t later = i + 1 < jobs.size() ? plan.bytes_from[i + 1] : 0;
    plan.bytes_released.push_back(std::min(plan.bytes_from[i], saturating_add(own, later)));
  }
  return plan;
}

}  // namespace imagemill
