// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/duplicate_actions.h"

#include <filesystem>
#include <set>

#include "base/hash.h"
#include "engine/trash_folder.h"
#include "support/fault_file_system.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

namespace disk = std::filesystem;

// Files of one folder, and one group of them: the first is kept.
class Copies {
 public:
  std::string in(std::string_view name) const { return folder_ / ("in/" + std::string(name)); }
  std::string out(std::string_view name) const { return folder_ / ("out/" + std::string(name)); }
  std::string text_of(const std::string& path) const {
    const auto bytes = real_file_system().read(path, 1 << 20);
    return bytes ? std::string(as_text(*bytes)) : "";
  }

  void add(const std::string& name, const std::string& text, DuplicateKind kind) {
    folder_.write("in/" + name, text);
    const FileStat stat = real_file_system().stat(in(name)).value();
    findings.groups.resize(1);
    findings.groups[0].pictures.push_back({.key = "in/" + name,
                                           .kind = kind,
                                           .content = hash_content(as_byte_span(text)).hex(),
                                           .bytes = stat.bytes,
                                           .mtime_ns = stat.mtime_ns});
  }

  // A best one, an exact copy below a folder and one that only looks like it.
  void add_three() {
    add("best.jpg", "picture", DuplicateKind::kBest);
    add("more/exact.jpg", "picture", DuplicateKind::kExact);
    add("near.jpg", "picture, smaller", DuplicateKind::kNear);
  }

  Result<std::vector<DuplicateStep>> act(DuplicateAction action, bool apply = true,
                                         FileSystem& fs = real_file_system()) const {
    disk::create_directories(folder_ / "out");
    const auto options = OptionValues::parse(run_options(), {}).value();
    const auto inputs =
        list_inputs({folder_ / "in"}, options, {}, "", real_file_system(), CancelToken()).value();
    const DuplicatePlaces places{
        .output = folder_ / "out", .journal = journal(), .trash_folder = folder_ / "home/Trash"};
    return act_on_duplicates(findings, action, apply, inputs, places, fs, CancelToken());
  }

  std::string journal() const { return out("journal.jsonl"); }

  // Everything that was there still is, somewhere.
  bool holds_every_picture() const {
    std::set<std::string> texts;
    for (const auto& entry : disk::recursive_directory_iterator(folder_.path()))
      if (entry.is_regular_file()) texts.insert(text_of(entry.path().string()));
    return texts.contains("picture") && texts.contains("picture, smaller");
  }

  DuplicateFindings findings;

 private:
  TestFolder folder_;
};

TEST(DuplicateActions, without_apply_nothing_changes) {
  Copies copies;
  copies.add_three();
  for (const auto action : {DuplicateAction::kMove, DuplicateAction::kTrash,
                            DuplicateAction::kHardlink, DuplicateAction::kSymlink}) {
    ASSERT_OK_AND_ASSIGN(const auto steps, copies.act(action, false));
    ASSERT_EQ(steps.size(), 2u);
    EXPECT_THAT(steps[0].problem, IsEmpty());
    EXPECT_FALSE(steps[0].is_done);
    EXPECT_THAT(steps[0].from, HasSubstr("in/more/exact.jpg"));
  }
  EXPECT_EQ(copies.text_of(copies.in("more/exact.jpg")), "picture");
  EXPECT_TRUE(disk::is_empty(copies.out("")));
}

TEST(DuplicateActions, move_keeps_names_and_overwrites_nothing) {
  Copies copies;
  copies.add_three();
  disk::create_directories(copies.out("duplicates"));
  ASSERT_THAT(write_file_atomically(real_file_system(), copies.out("duplicates/near.jpg"),
                                    as_byte_span("of an earlier time")),
              IsOk());
  ASSERT_OK_AND_ASSIGN(const auto steps, copies.act(DuplicateAction::kMove));
  EXPECT_TRUE(steps[0].is_done && steps[1].is_done);
  EXPECT_EQ(copies.text_of(copies.out("duplicates/more/exact.jpg")), "picture");
  EXPECT_EQ(copies.text_of(copies.out("duplicates/near~2.jpg")), "picture, smaller");
  EXPECT_EQ(copies.text_of(copies.out("duplicates/near.jpg")), "of an earlier time");
  EXPECT_EQ(copies.text_of(copies.in("best.jpg")), "picture");
  EXPECT_FALSE(disk::exists(copies.in("near.jpg")));
  const std::string journal = copies.text_of(copies.journal());
  EXPECT_THAT(journal, HasSubstr("\"action\":\"move\""));
  EXPECT_THAT(journal, HasSubstr("out/duplicates/near~2.jpg\""));
  EXPECT_EQ(std::ranges::count(journal, '\n'), 2);
}

TEST(DuplicateActions, links_stand_for_equal_bytes_only) {
  for (const auto action : {DuplicateAction::kHardlink, DuplicateAction::kSymlink}) {
    Copies copies;
    copies.add_three();
    ASSERT_OK_AND_ASSIGN(const auto steps, copies.act(action));
    EXPECT_TRUE(steps[0].is_done) << steps[0].problem;
    EXPECT_THAT(steps[1].problem, HasSubstr("would lose its bytes"));
    const std::string exact = copies.in("more/exact.jpg");
    EXPECT_EQ(disk::is_symlink(exact), action == DuplicateAction::kSymlink);
    EXPECT_TRUE(disk::equivalent(exact, copies.in("best.jpg")));
    EXPECT_EQ(copies.text_of(copies.in("near.jpg")), "picture, smaller");
    EXPECT_EQ(std::ranges::distance(disk::directory_iterator(copies.in("more"))), 1);
    // Once more: there is nothing left to do.
    copies.findings.groups[0].pictures[1].mtime_ns =
        real_file_system().stat(exact).value().mtime_ns;
    ASSERT_OK_AND_ASSIGN(const auto again, copies.act(action));
    EXPECT_THAT(again[0].problem, HasSubstr("by another name"));
  }
}

TEST(DuplicateActions, equal_copies_of_another_picture_share_their_bytes_too) {
  Copies copies;
  copies.add_three();
  copies.add("near_too.jpg", "picture, smaller", DuplicateKind::kNear);
  ASSERT_OK_AND_ASSIGN(const auto steps, copies.act(DuplicateAction::kHardlink));
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[2].key, "in/near_too.jpg");
  EXPECT_TRUE(steps[2].is_done) << steps[2].problem;
  EXPECT_TRUE(disk::equivalent(copies.in("near.jpg"), copies.in("near_too.jpg")));
  EXPECT_FALSE(disk::equivalent(copies.in("near.jpg"), copies.in("best.jpg")));
}

TEST(DuplicateActions, what_has_changed_is_left_alone) {
  Copies copies;
  copies.add_three();
  copies.add("same_size.jpg", "pictures", DuplicateKind::kNear);
  // In a way that size and time do not show.
  const auto path = copies.in("same_size.jpg");
  const auto time = disk::last_write_time(path);
  ASSERT_THAT(write_file_atomically(real_file_system(), path, as_byte_span("PICTURES")), IsOk());
  disk::last_write_time(path, time);
  ASSERT_THAT(write_file_atomically(real_file_system(), copies.in("near.jpg"),
                                    as_byte_span("edited meanwhile")),
              IsOk());
  ASSERT_OK_AND_ASSIGN(const auto steps, copies.act(DuplicateAction::kMove));
  EXPECT_TRUE(steps[0].is_done);
  EXPECT_THAT(steps[1].problem, HasSubstr("has changed"));
  EXPECT_THAT(steps[2].problem, HasSubstr("has changed"));
  EXPECT_EQ(copies.text_of(path), "PICTURES");
}

TEST(DuplicateActions, nothing_goes_when_the_one_to_keep_has_changed) {
  Copies copies;
  copies.add_three();
  disk::remove(copies.in("best.jpg"));
  ASSERT_OK_AND_ASSIGN(const auto steps, copies.act(DuplicateAction::kTrash));
  for (const DuplicateStep& step : steps) EXPECT_THAT(step.problem, HasSubstr("the one to keep"));
  EXPECT_TRUE(disk::exists(copies.in("more/exact.jpg")));
}

TEST(DuplicateActions, equal_hashes_are_not_taken_for_equal_bytes) {
  Copies copies;
  copies.add("best.jpg", "picture", DuplicateKind::kBest);
  copies.add("near.jpg", "PICTURE", DuplicateKind::kNear);
  copies.findings.groups[0].pictures[1].kind = DuplicateKind::kExact;
  ASSERT_OK_AND_ASSIGN(const auto steps, copies.act(DuplicateAction::kHardlink));
  EXPECT_THAT(steps[0].problem, HasSubstr("other bytes"));
  EXPECT_EQ(copies.text_of(copies.in("near.jpg")), "PICTURE");
}

TEST(DuplicateActions, links_that_are_there_already_are_left_alone) {
  Copies copies;
  copies.add("best.jpg", "picture", DuplicateKind::kBest);
  // Best is a link to what would be taken for its copy.
  copies.add("real.jpg", "picture", DuplicateKind::kExact);
  disk::remove(copies.in("best.jpg"));
  disk::create_symlink("real.jpg", copies.in("best.jpg"));
  copies.findings.groups[0].pictures[0].mtime_ns = copies.findings.groups[0].pictures[1].mtime_ns;
  ASSERT_OK_AND_ASSIGN(const auto steps, copies.act(DuplicateAction::kMove));
  EXPECT_THAT(steps[0].problem, HasSubstr("by another name"));
  EXPECT_EQ(copies.text_of(copies.in("real.jpg")), "picture");
}

TEST(DuplicateActions, a_fault_at_any_call_loses_no_picture) {
  for (const auto action : {DuplicateAction::kMove, DuplicateAction::kTrash,
                            DuplicateAction::kHardlink, DuplicateAction::kSymlink}) {
    for (const auto fault : {FaultFileSystem::Fault::kStop, FaultFileSystem::Fault::kDiskFull}) {
      for (int64_t call = 1;; ++call) {
        Copies copies;
        copies.add_three();
        FaultFileSystem fs(call, fault);
        (void)copies.act(action, true, fs);
        EXPECT_TRUE(copies.holds_every_picture()) << "call " << call;
        EXPECT_EQ(copies.text_of(copies.in("best.jpg")), "picture");
        if (!fs.has_failed()) break;
        ASSERT_LT(call, 100);
      }
    }
  }
}

TEST(TrashFolder, says_where_the_file_was) {
  const TestFolder folder;
  const std::string home = folder / "home/Trash";
  const TrashFolder trash(real_file_system(), home);
  for (const char* text : {"first", "second"}) {
    const std::string path = folder.write("a b%\n.jpg", text);
    ASSERT_THAT(trash.put(disk::canonical(path).string()), IsOk());
    EXPECT_FALSE(disk::exists(path));
  }
  const auto read = [&](const std::string& name) {
    return std::string(as_text(real_file_system().read(home + name, 1000).value()));
  };
  EXPECT_EQ(read("/files/a b%\n.jpg"), "first");
  EXPECT_EQ(read("/files/a b%\n.2.jpg"), "second");
  const std::string info = read("/info/a b%\n.2.jpg.trashinfo");
  EXPECT_TRUE(info.starts_with("[Trash Info]\nPath=/")) << info;
  EXPECT_THAT(info, HasSubstr("/a%20b%25%0A.jpg\nDeletionDate=20"));
  EXPECT_EQ(std::ranges::distance(disk::directory_iterator(home + "/info")), 2);
}

TEST(TrashFolder, of_the_file_system_where_there_is_no_other) {
  const TestFolder folder;
  const std::string path = disk::canonical(folder.write("a.jpg", "x")).string();
  ASSERT_OK_AND_ASSIGN(const std::string place,
                       TrashFolder(real_file_system(), "").folder_for(path));
  EXPECT_TRUE(place.ends_with(fmt::format("/.Trash-{}", getuid()))) << place;
  const std::string top(parent_path(place));
  EXPECT_TRUE(path.starts_with(top)) << place;
}

}  // namespace
}  // namespace imagemill
