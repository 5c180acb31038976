// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/duplicate_actions.h"

#include <filesystem>
#include <map>

#include "base/hash.h"
#include "engine/duplicate_journal.h"
#include "engine/interrupted_step.h"
#include "engine/put_aside.h"
#include "engine/trash_folder.h"
#include "support/fault_file_system.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

using State = DuplicateStep::State;

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

  // The steps of work that came to its end.
  Result<std::vector<DuplicateStep>> act(DuplicateAction action, bool apply = true,
                                         FileSystem& fs = real_file_system()) const {
    DuplicateWork done = work(action, apply, fs);
    if (done.stopped) return std::unexpected(*std::move(done.stopped));
    return std::move(done.steps);
  }

  DuplicateWork work(DuplicateAction action, bool apply, FileSystem& fs,
                     const CancelToken& cancel = {}) const {
    disk::create_directories(folder_ / "out");
    const auto options = OptionValues::parse(run_options(), {}).value();
    const auto inputs =
        list_inputs({folder_ / "in"}, options, {}, "", real_file_system(), CancelToken()).value();
    const DuplicatePlaces places{
        .output = folder_ / "out", .journal = journal(), .trash_folder = folder_ / "home/Trash"};
    return act_on_duplicates(findings, action, apply, inputs, places, fs, cancel);
  }

  std::string journal() const { return out("journal.jsonl"); }

  // Content -> in how many files it is; links are no files, and names of one file count once.
  std::map<std::string, int> contents() const {
    std::map<std::string, int> out;
    std::map<uint64_t, std::string> files;
    for (const auto& entry : disk::recursive_directory_iterator(folder_.path()))
      if (entry.is_regular_file() && !entry.is_symlink()) {
        const std::string path = entry.path().string();
        files[real_file_system().stat(path).value().inode] = text_of(path);
      }
    for (const auto& [inode, text] : files) ++out[text];
    return out;
  }

  // What a run does first.
  void undo_interrupted() const {
    ASSERT_OK_AND_ASSIGN(const std::string left,
                         undo_interrupted_step(real_file_system(), journal()));
    EXPECT_THAT(left, IsEmpty());
  }

  // Names that only the program uses.
  std::vector<std::string> private_names() const {
    std::vector<std::string> out;
    for (const auto& entry : disk::recursive_directory_iterator(folder_.path()))
      if (entry.path().filename().string().starts_with(kPrivatePrefix))
        out.push_back(entry.path().string());
    return out;
  }

  // Of files that are not in the trash.
  std::vector<std::string> orphaned_descriptions() const {
    std::vector<std::string> out;
    const std::string trash = folder_ / "home/Trash";
    if (!disk::exists(trash + "/info")) return out;
    for (const auto& info : disk::directory_iterator(trash + "/info"))
      if (!disk::exists(trash + "/files/" + info.path().stem().string()))
        out.push_back(info.path().string());
    return out;
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
    EXPECT_EQ(steps[0].state, State::kPlanned);
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
  EXPECT_EQ(steps[0].state, State::kDone);
  EXPECT_EQ(steps[1].state, State::kDone);
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
    EXPECT_EQ(steps[0].state, State::kDone) << steps[0].problem;
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
    EXPECT_EQ(again[0].state, State::kThere) << again[0].problem;
    EXPECT_THAT(again[0].problem, IsEmpty());
  }
}

TEST(DuplicateActions, equal_copies_of_another_picture_share_their_bytes_too) {
  Copies copies;
  copies.add_three();
  copies.add("near_too.jpg", "picture, smaller", DuplicateKind::kNear);
  ASSERT_OK_AND_ASSIGN(const auto steps, copies.act(DuplicateAction::kHardlink));
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[2].key, "in/near_too.jpg");
  EXPECT_EQ(steps[2].state, State::kDone) << steps[2].problem;
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
  EXPECT_EQ(steps[0].state, State::kDone);
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

// How the files of a test lie, and what their file system can.
enum class Disk : uint8_t { kOne, kWithoutExchange, kOutputElsewhere, kOutputOnAnotherMount };

struct Way {
  DuplicateAction action;
  Disk disk;
};

constexpr Way kWays[] = {{DuplicateAction::kMove, Disk::kOne},
                         {DuplicateAction::kMove, Disk::kOutputElsewhere},
                         {DuplicateAction::kMove, Disk::kOutputOnAnotherMount},
                         {DuplicateAction::kTrash, Disk::kOne},
                         {DuplicateAction::kHardlink, Disk::kOne},
                         {DuplicateAction::kHardlink, Disk::kWithoutExchange},
                         {DuplicateAction::kSymlink, Disk::kOne},
                         {DuplicateAction::kSymlink, Disk::kWithoutExchange}};

void lay_out(FaultFileSystem& fs, const Copies& copies, Disk disk) {
  if (disk == Disk::kWithoutExchange) fs.without_exchange();
  if (disk == Disk::kOutputElsewhere || disk == Disk::kOutputOnAnotherMount)
    fs.set_apart(disk::canonical(copies.out("")).parent_path().string(),
                 disk == Disk::kOutputOnAnotherMount);
}

bool makes_links(const Way& way) {
  return way.action == DuplicateAction::kHardlink || way.action == DuplicateAction::kSymlink;
}

// Three files: a link takes away one of the two with the same bytes, nothing else any.
void expect_all_there(const Copies& copies, const Way& way) {
  const auto contents = copies.contents();
  const auto count = [&](const std::string& text) {
    return contents.contains(text) ? contents.at(text) : 0;
  };
  EXPECT_GE(count("picture"), makes_links(way) ? 1 : 2);
  EXPECT_GE(count("picture, smaller"), 1);
  EXPECT_EQ(copies.text_of(copies.in("best.jpg")), "picture");
}

TEST(DuplicateActions, every_way_does_what_it_says) {
  for (const Way& way : kWays) {
    Copies copies;
    copies.add_three();
    disk::permissions(copies.in("more/exact.jpg"), disk::perms::owner_read);
    disk::create_directories(copies.out(""));
    const auto time = disk::last_write_time(copies.in("more/exact.jpg"));
    FaultFileSystem fs;
    lay_out(fs, copies, way.disk);
    ASSERT_OK_AND_ASSIGN(const auto steps, copies.act(way.action, true, fs));
    EXPECT_EQ(steps[0].state, State::kDone) << steps[0].problem;
    expect_all_there(copies, way);
    EXPECT_THAT(copies.private_names(), IsEmpty());
    EXPECT_EQ(disk::exists(disk::symlink_status(copies.in("more/exact.jpg"))), makes_links(way));
    if (way.action != DuplicateAction::kMove) continue;
    const std::string moved = copies.out("duplicates/more/exact.jpg");
    EXPECT_EQ(copies.text_of(moved), "picture");
    EXPECT_EQ(disk::status(moved).permissions(), disk::perms::owner_read);
    EXPECT_EQ(disk::last_write_time(moved), time);
    EXPECT_EQ(steps[0].to, disk::canonical(moved).string());
  }
}

TEST(DuplicateActions, a_fault_at_any_call_loses_no_picture) {
  for (const Way& way : kWays) {
    for (const auto fault : {FaultFileSystem::Fault::kStop, FaultFileSystem::Fault::kDiskFull}) {
      for (int64_t call = 1;; ++call) {
        SCOPED_TRACE(fmt::format("way {}, call {}", &way - kWays, call));
        Copies copies;
        copies.add_three();
        disk::create_directories(copies.out(""));
        FaultFileSystem fs(call, fault);
        lay_out(fs, copies, way.disk);
        (void)copies.work(way.action, true, fs);
        expect_all_there(copies, way);
        // Whatever stands at a name is whole.
        if (fault == FaultFileSystem::Fault::kDiskFull) {
          EXPECT_THAT(copies.private_names(), IsEmpty());
        }
        copies.undo_interrupted();
        expect_all_there(copies, way);
        EXPECT_THAT(copies.private_names(), IsEmpty());
        EXPECT_THAT(copies.orphaned_descriptions(), IsEmpty());
        if (!fs.has_failed()) break;
        ASSERT_LT(call, 100);
      }
    }
  }
}

TEST(DuplicateActions, a_power_cut_after_a_copy_loses_no_picture) {
  for (const auto lost : {FaultFileSystem::Lost::kEverything, FaultFileSystem::Lost::kBytes}) {
    for (int64_t call = 1;; ++call) {
      SCOPED_TRACE(fmt::format("call {}", call));
      const Way way = {DuplicateAction::kMove, Disk::kOutputElsewhere};
      Copies copies;
      copies.add_three();
      disk::create_directories(copies.out(""));
      FaultFileSystem fs(call, FaultFileSystem::Fault::kStop);
      lay_out(fs, copies, way.disk);
      (void)copies.work(way.action, true, fs);
      fs.cut_power(lost);
      expect_all_there(copies, way);
      if (!fs.has_failed()) break;
      ASSERT_LT(call, 100);
    }
  }
}

// As editors do: a new file gets the name of the old one.
void save(const std::string& path, std::string_view text) {
  const std::string made = path + ".editor";
  const auto file = real_file_system().create(made);
  EXPECT_THAT((*file)->write(as_byte_span(text)), IsOk());
  disk::rename(made, path);
}

TEST(DuplicateActions, what_is_saved_meanwhile_is_not_lost) {
  for (const Way& way : kWays) {
    for (int64_t call = 1;; ++call) {
      SCOPED_TRACE(fmt::format("way {}, call {}", &way - kWays, call));
      Copies copies;
      copies.add_three();
      disk::create_directories(copies.out(""));
      FaultFileSystem fs;
      lay_out(fs, copies, way.disk);
      fs.before_each_call([&](int64_t now) {
        if (now == call) save(copies.in("more/exact.jpg"), "edited meanwhile");
      });
      (void)copies.work(way.action, true, fs);
      if (fs.calls() < call) break;
      EXPECT_EQ(copies.text_of(copies.in("more/exact.jpg")), "edited meanwhile");
      EXPECT_EQ(copies.text_of(copies.in("best.jpg")), "picture");
      ASSERT_LT(call, 100);
    }
  }
}

// The one to keep goes away while the copy is dealt with: as if the two were one file that is seen
// under two device numbers, or another run kept the other one.
TEST(DuplicateActions, the_last_copy_stays_when_the_one_to_keep_goes) {
  for (const Way& way : kWays) {
    for (int64_t call = 1;; ++call) {
      SCOPED_TRACE(fmt::format("way {}, call {}", &way - kWays, call));
      Copies copies;
      copies.add("best.jpg", "picture", DuplicateKind::kBest);
      copies.add("exact.jpg", "picture", DuplicateKind::kExact);
      disk::create_directories(copies.out(""));
      FaultFileSystem fs;
      lay_out(fs, copies, way.disk);
      bool was_there = false;
      fs.before_each_call([&](int64_t now) {
        if (now != call) return;
        was_there = disk::is_regular_file(disk::symlink_status(copies.in("exact.jpg")));
        disk::remove(copies.in("best.jpg"));
      });
      (void)copies.work(way.action, true, fs);
      // Nobody can help who removes the target of a symbolic link after the last look at it: then
      // come the removal and the end of the journal.
      const bool is_after = way.action == DuplicateAction::kSymlink && fs.calls() <= call + 2;
      EXPECT_GE(copies.contents()["picture"], is_after ? 0 : 1);
      if (was_there) {
        EXPECT_EQ(copies.text_of(copies.in("exact.jpg")), "picture");
      }
      if (fs.calls() < call) break;
      ASSERT_LT(call, 100);
    }
  }
}

TEST(DuplicateActions, a_cancelled_or_failing_run_says_what_it_did) {
  Copies copies;
  copies.add_three();
  FaultFileSystem fs;
  CancelToken cancel;
  fs.before_each_call([&](int64_t) { cancel.request(); });
  const DuplicateWork cancelled = copies.work(DuplicateAction::kMove, true, fs, cancel);
  ASSERT_TRUE(cancelled.stopped);
  EXPECT_EQ(cancelled.stopped->code(), Code::kCancelled);
  ASSERT_EQ(cancelled.steps.size(), 1u);
  EXPECT_EQ(cancelled.steps[0].state, State::kDone);
  EXPECT_TRUE(cancelled.has_journal);
}

TEST(DuplicateActions, a_failing_journal_does_not_hide_what_was_done) {
  bool was_seen = false;
  for (int64_t call = 1; !was_seen && call < 50; ++call) {
    Copies copies;
    copies.add_three();
    FaultFileSystem fs(call, FaultFileSystem::Fault::kDiskFull);
    const DuplicateWork work = copies.work(DuplicateAction::kMove, true, fs);
    // The journal's line of the second step.
    was_seen = work.stopped && work.steps.size() == 2 && work.steps[0].state == State::kDone &&
               work.steps[1].state == State::kLeft && work.has_journal;
    if (was_seen) {
      EXPECT_EQ(copies.text_of(copies.in("near.jpg")), "picture, smaller");
    }
  }
  EXPECT_TRUE(was_seen);
}

TEST(DuplicateActions, what_an_input_link_leads_to_stays) {
  Copies copies;
  copies.add_three();
  disk::create_symlink("more/exact.jpg", copies.in("z.jpg"));
  for (const auto action : {DuplicateAction::kMove, DuplicateAction::kTrash}) {
    ASSERT_OK_AND_ASSIGN(const auto steps, copies.act(action));
    EXPECT_THAT(steps[0].problem, HasSubstr("in/z.jpg is a link to it"));
    EXPECT_EQ(copies.text_of(copies.in("z.jpg")), "picture");
  }
}

TEST(DuplicateActions, a_folder_that_may_not_be_written_keeps_its_files) {
  if (getuid() == 0) GTEST_SKIP() << "root may write everywhere";
  for (const Way& way : kWays) {
    Copies copies;
    copies.add_three();
    disk::create_directories(copies.out(""));
    disk::permissions(copies.in("more"), disk::perms::owner_read | disk::perms::owner_exec);
    FaultFileSystem fs;
    lay_out(fs, copies, way.disk);
    ASSERT_OK_AND_ASSIGN(const auto steps, copies.act(way.action, true, fs));
    EXPECT_EQ(steps[0].state, State::kLeft);
    EXPECT_EQ(copies.text_of(copies.in("more/exact.jpg")), "picture");
    EXPECT_FALSE(disk::exists(copies.out("duplicates/more/exact.jpg")));
    disk::permissions(copies.in("more"), disk::perms::owner_all);
  }
}

TEST(DuplicateJournal, loses_no_byte_of_a_name_and_no_line) {
  const TestFolder folder;
  const std::string path = folder / "journal.jsonl";
  FileSystem& fs = real_file_system();
  const AnnouncedStep step{.action = "move",
                           .from = "/in/\xff%41.jpg",
                           .to = "/out/a%41.jpg",
                           .kept = "/in/\xc3\xa4.jpg",
                           .aside = "/in/.imagemill-aside-1"};
  ASSERT_OK_AND_ASSIGN(const auto none, DuplicateJournal::last_step(fs, path));
  EXPECT_FALSE(none);
  DuplicateJournal first(fs, path), second(fs, path);
  ASSERT_THAT(first.announce({.key = "1"}, step), IsOk());
  ASSERT_THAT(second.announce({.key = "2"}, step), IsOk());
  ASSERT_THAT(first.announce({.key = "3"}, step), IsOk());
  ASSERT_THAT(first.note_failure({.from = step.from, .problem = "no"}), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto found, DuplicateJournal::last_step(fs, path));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->from, step.from);
  EXPECT_EQ(found->to, step.to);
  EXPECT_EQ(found->kept, step.kept);
  EXPECT_EQ(found->aside, step.aside);
  const auto bytes = fs.read(path, 1 << 20).value();
  EXPECT_EQ(std::ranges::count(as_text(bytes), '\n'), 4);
}

TEST(DuplicateJournal, is_not_begun_anew_when_it_cannot_be_read) {
  const TestFolder folder;
  DuplicateJournal journal(real_file_system(), folder / "loop");
  disk::create_symlink("loop", folder / "loop");
  EXPECT_THAT(journal.announce({.key = "1"}, {}), FailsWith(Code::kIoError));
}

TEST(TrashFolder, says_where_the_file_was) {
  const TestFolder folder;
  const std::string home = folder / "home/Trash";
  const TrashFolder trash(real_file_system(), home);
  for (const char* text : {"first", "second"}) {
    const std::string path = folder.write("a b%\n.jpg", text);
    const std::string real = disk::canonical(path).string();
    ASSERT_OK_AND_ASSIGN(const std::string place, trash.free_name_for(real));
    ASSERT_THAT(trash.describe(real, place), IsOk());
    disk::rename(path, place);
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

TEST(TrashFolder, leaves_nothing_behind_for_a_file_that_does_not_come) {
  const TestFolder folder;
  const TrashFolder trash(real_file_system(), folder / "Trash");
  const std::string path = disk::canonical(folder.write("a.jpg", "x")).string();
  ASSERT_OK_AND_ASSIGN(const std::string place, trash.free_name_for(path));
  ASSERT_THAT(trash.describe(path, place), IsOk());
  EXPECT_FALSE(disk::is_empty(folder / "Trash/info"));
  ASSERT_OK_AND_ASSIGN(const std::string other, trash.free_name_for(path));
  EXPECT_NE(other, place);
  EXPECT_THAT(trash.describe(path, place), FailsWith(Code::kIoError, HasSubstr("meanwhile")));
  trash.forget(place);
  EXPECT_TRUE(disk::is_empty(folder / "Trash/info"));
  // Too long with ".trashinfo" behind it.
  const std::string long_path = folder.write(std::string(245, 'a') + ".jpg", "x");
  EXPECT_THAT(trash.free_name_for(disk::canonical(long_path).string()), FailsWith(Code::kIoError));
  EXPECT_TRUE(disk::is_empty(folder / "Trash/info"));
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
