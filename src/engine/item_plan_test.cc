// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/item_plan.h"

#include "support/made_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

struct Wishes {
  std::string name;
  std::vector<ViewRequest> views = {};
  std::vector<ViewRequest> late_views = {};
  bool keeps_file = false;
  std::string picture_of = {};
  std::optional<Size> makes = {};
  uint64_t working_bytes = 0;
  std::string where = {};
};

class WishingJob final : public Job {
 public:
  explicit WishingJob(Wishes wishes) : wishes_(std::move(wishes)), info_{wishes_.name, "", {}} {}
  const JobInfo& info() const override { return info_; }
  std::string picture_of() const override { return wishes_.picture_of; }
  std::vector<ViewRequest> views(const ImageHeader&) const override { return wishes_.views; }
  std::vector<ViewRequest> late_views(const ImageHeader&) const override {
    return wishes_.late_views;
  }
  bool keeps_file(const ImageHeader&) const override { return wishes_.keeps_file; }
  std::optional<ImageHeader> picture(const ImageHeader&) const override {
    if (!wishes_.makes) return std::nullopt;
    return ImageHeader{.width = wishes_.makes->width, .height = wishes_.makes->height};
  }
  uint64_t working_bytes(const ImageHeader&) const override { return wishes_.working_bytes; }
  Result<> process(ItemContext&) const override { return {}; }

 private:
  Wishes wishes_;
  JobInfo info_;
};

// A JPEG of 2048 x 1024 in a file of 40 MiB.
Item large_item() {
  Item item;
  item.bytes = make_picture_file({.size = {2048, 1024}});
  item.header = CodecSet().read_header(item.bytes).value();
  item.bytes.resize(40 * kMiB);
  return item;
}

ItemPlan plan_for(const std::vector<Wishes>& wishes, const Item& item = large_item()) {
  std::vector<RequestedJob> jobs;
  for (const Wishes& w : wishes) jobs.push_back({std::make_unique<WishingJob>(w), w.where});
  return plan_item(plan_jobs(std::move(jobs)).value(), item, CodecSet(), {});
}

const ViewRequest kSmall{.size = {64, 32}, .color = ViewColor::kLuma};
const ViewRequest kTile{.size = {64, 64}, .window_width = 64, .window_height = 64};

TEST(ItemPlan, the_file_is_promised_room_only_while_a_job_may_read_it) {
  const ItemPlan none = plan_for({{.name = "a", .views = {kSmall}}});
  EXPECT_EQ(none.readers, 0u);
  EXPECT_GT(none.decoding_bytes, 40 * kMiB);
  EXPECT_LT(none.jobs_bytes(), 4 * kMiB);

  const ItemPlan copies = plan_for({{.name = "a", .keeps_file = true}, {.name = "b"}});
  EXPECT_EQ(copies.readers, 1u);
  EXPECT_FALSE(copies.decode_at_least.has_value());
  EXPECT_GT(copies.jobs_bytes(), 40 * kMiB);
  EXPECT_LT(copies.jobs_bytes(), 44 * kMiB);

  // What works after the last reader has the room of the file.
  const Wishes heavy{.name = "z", .working_bytes = 40 * kMiB};
  const ItemPlan after = plan_for({{.name = "a", .keeps_file = true}, heavy});
  EXPECT_LT(after.jobs_bytes(), 44 * kMiB);
  EXPECT_GT(after.bytes_from[0], 40 * kMiB);
  EXPECT_LT(plan_for({{.name = "a", .keeps_file = true}, {.name = "b"}}).bytes_from[1], 4 * kMiB)
      << "given back between the two";
  const ItemPlan before = plan_for({heavy, {.name = "zz", .keeps_file = true}});
  EXPECT_EQ(before.readers, 2u);
  EXPECT_GT(before.jobs_bytes(), 80 * kMiB);
}

TEST(ItemPlan, a_late_view_is_promised_a_decode_of_the_size_it_may_take) {
  const uint64_t plain = plan_for({{.name = "a", .views = {kSmall}}}).jobs_bytes();
  const ItemPlan fine = plan_for({{.name = "a", .views = {kSmall}, .late_views = {kTile}}});
  EXPECT_EQ(fine.readers, 1u);
  EXPECT_EQ(fine.decode_at_least, (Size{64, 32})) << "the first decode stays small";
  EXPECT_GE(fine.jobs_bytes(), plain + 40 * kMiB + 2048 * 1024) << "file and a full decode";
  ViewRequest coarse = kTile;
  coarse.window_width = coarse.window_height = 512;
  const ItemPlan eighth = plan_for({{.name = "a", .views = {kSmall}, .late_views = {coarse}}});
  EXPECT_LT(eighth.jobs_bytes(), fine.jobs_bytes() - 2048 * 1024);
}

TEST(ItemPlan, a_made_picture_is_held_until_the_last_job_that_looks_at_it) {
  const Wishes maker{.name = "a", .makes = Size{4096, 2048}};  // 24 MiB
  const Wishes looker{.name = "b", .views = {kSmall}, .picture_of = "a"};
  const Wishes heavy{.name = "z", .working_bytes = 40 * kMiB};
  const ItemPlan plan = plan_for({maker, looker, heavy});
  EXPECT_EQ(plan.jobs[1].header.width, 4096);
  EXPECT_FALSE(plan.decode_at_least.has_value()) << "nobody looks at the file's picture";
  EXPECT_LT(plan.jobs_bytes(), 48 * kMiB);
  EXPECT_GT(plan_for({maker, heavy, looker}).jobs_bytes(), 60 * kMiB);
  EXPECT_LT(plan_for({maker, heavy}).jobs_bytes(), 48 * kMiB) << "nobody looks at it";
}

TEST(ItemPlan, a_job_that_makes_no_picture_hands_on_what_it_looks_at) {
  const ItemPlan plan = plan_for({{.name = "a", .makes = Size{100, 50}},
                                  {.name = "b", .picture_of = "a"},
                                  {.name = "c", .views = {kSmall}, .picture_of = "b"},
                                  {.name = "d"},
                                  {.name = "e", .views = {kSmall}, .picture_of = "d"}});
  EXPECT_EQ(plan.jobs[2].picture_of, 0u);
  EXPECT_EQ(plan.jobs[2].header.width, 100);
  EXPECT_EQ(plan.jobs[4].picture_of, PlannedJob::kNone);
  EXPECT_EQ(plan.jobs[4].header.width, 2048);
  EXPECT_TRUE(plan.decode_at_least.has_value());
}

TEST(ItemPlan, what_the_file_says_spares_the_decode) {
  const Wishes wants{.name = "a", .views = {kSmall}, .where = "item.width > 3000"};
  const ItemPlan plan = plan_for({wants, {.name = "b", .picture_of = "a"}});
  EXPECT_FALSE(plan.jobs[0].runs);
  EXPECT_FALSE(plan.jobs[1].runs) << "it waits for a";
  EXPECT_FALSE(plan.decode_at_least.has_value());
}

}  // namespace
}  // namespace imagemill
