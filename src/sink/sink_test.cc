// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What every sink promises, whichever it is: nothing is seen half-written, nothing that was
// committed is lost, and a run that was cut off anywhere ends, when it is taken up again, with the
// bytes of one that was not.
#include "sink/sink.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "support/fault_file_system.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using Fault = FaultFileSystem::Fault;
using Lost = FaultFileSystem::Lost;
namespace stdfs = std::filesystem;

struct SinkCase {
  const char* name;
  SinkKind kind;
  const char* location;
};

void PrintTo(const SinkCase& sink, std::ostream* out) { *out << sink.name; }

struct File {
  std::string path;
  std::string bytes;
};

struct Item {
  std::string key;
  std::vector<File> files;
};

// Sidecars, an item without files, names beyond ASCII and of one base name; enough samples for
// several shards of two.
std::vector<Item> test_items() {
  return {
      {"1", {{"a/1.jpg", std::string(700, 'j')}, {"a/1.txt", std::string(90, 't')}}},
      {"2", {{"a/2.jpg", "two"}}},
      {"3", {}},
      {"4", {{"a/b/1.jpg", "four"}, {"a/b/1.json", "{}"}, {"a/b/1.txt", ""}}},
      {"5", {{"c/\xc3\xa9 \xff.jpg", "five"}}},
      {"6", {{"c/6", std::string(512, '6')}}},
      {"7", {{"c/7.png", "seven"}, {"c/7.txt", "7"}}},
  };
}

// What the run store keeps, durable as soon as it is written.
struct Ledger {
  std::set<std::string> announced;
  std::map<std::string, std::vector<File>> committed;
  std::string sink_state;
};

// Path -> bytes of everything below a folder.
std::map<std::string, std::string> tree(const std::string& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : stdfs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream bytes;
    bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    out[stdfs::relative(entry.path(), folder).string()] = bytes.str();
  }
  return out;
}

class SinkTest : public testing::TestWithParam<SinkCase> {
 protected:
  static Result<std::unique_ptr<Sink>> open(const std::string& root, const std::string& state,
                                            FileSystem& fs) {
    return open_sink(
        GetParam().kind, join_path(root, GetParam().location),
        {.staging_folder = join_path(root, "staging"), .resume_state = state, .shard_entries = 2},
        fs);
  }

  // The engine in small: groups of three items.
  static Result<> run(const std::string& root, Ledger& ledger, FaultFileSystem& fs,
                      const std::vector<Item>& items = test_items()) {
    IMAGEMILL_ASSIGN_OR_RETURN(const auto sink, open(root, ledger.sink_state, fs));
    std::vector<Item> group;
    for (const Item& item : items)
      if (!ledger.committed.contains(item.key)) {
        group.push_back(item);
        if (group.size() == 3) IMAGEMILL_TRY(publish(*sink, ledger, fs, std::exchange(group, {})));
      }
    IMAGEMILL_TRY(publish(*sink, ledger, fs, group));
    return sink->finish();
  }

  static Result<> publish(Sink& sink, Ledger& ledger, FaultFileSystem& fs,
                          const std::vector<Item>& group) {
    std::vector<StagedFile> staged;
    IMAGEMILL_ASSIGN_OR_RETURN(const StagedFile unwanted, sink.stage("unwanted.jpg", {}));
    for (const Item& item : group)
      for (const File& file : item.files) {
        IMAGEMILL_ASSIGN_OR_RETURN(staged.emplace_back(),
                                   sink.stage(file.path, as_byte_span(file.bytes)));
      }
    sink.discard(unwanted);
    IMAGEMILL_TRY(fs.step());
    for (const StagedFile& file : staged) ledger.announced.insert(file.path);
    IMAGEMILL_TRY(sink.publish(staged));
    IMAGEMILL_TRY(fs.step());
    for (const Item& item : group) ledger.committed[item.key] = item.files;
    ledger.sink_state = sink.state();
    return {};
  }

  // What must hold whenever a run is cut off.
  static void expect_sound(const std::string& root, const Ledger& ledger,
                           const std::map<std::string, std::string>& whole) {
    for (const auto& [path, bytes] : tree(root)) {
      if (path.starts_with("staging/") || path.ends_with(".partial")) continue;
      ASSERT_TRUE(whole.contains(path)) << path;
      EXPECT_EQ(bytes, whole.at(path)) << path;
    }
    if (GetParam().kind != SinkKind::kFolder) return;
    const auto seen = tree(root);
    for (const auto& [key, files] : ledger.committed)
      for (const File& file : files) EXPECT_TRUE(seen.contains("out/" + file.path)) << file.path;
  }

  static void expect_holds_all(const std::string& root, const Ledger& ledger) {
    FaultFileSystem fs;
    ASSERT_OK_AND_ASSIGN(const auto sink, open(root, ledger.sink_state, fs));
    for (const Item& item : test_items())
      for (const File& file : item.files) EXPECT_TRUE(sink->exists(file.path)) << file.path;
    EXPECT_FALSE(sink->exists("a/3.jpg"));
  }
};

TEST_P(SinkTest, an_unbroken_run_publishes_everything_and_tidies_up) {
  TestFolder root;
  Ledger ledger;
  FaultFileSystem fs;
  ASSERT_THAT(run(root.path(), ledger, fs), IsOk());
  const auto whole = tree(root.path());
  for (const auto& [path, bytes] : whole) {
    EXPECT_FALSE(path.starts_with("staging/")) << path;
    EXPECT_FALSE(path.ends_with(".partial")) << path;
  }
  expect_holds_all(root.path(), ledger);

  // The same command again: nothing is rewritten.
  const auto out = join_path(root.path(), GetParam().location);
  const auto before = real_file_system().stat(out).value();
  ASSERT_THAT(run(root.path(), ledger, fs), IsOk());
  EXPECT_EQ(tree(root.path()), whole);
  EXPECT_EQ(real_file_system().stat(out).value().inode, before.inode);
}

TEST_P(SinkTest, resumes_after_every_cut) {
  TestFolder clean;
  Ledger clean_ledger;
  FaultFileSystem counting;
  ASSERT_THAT(run(clean.path(), clean_ledger, counting), IsOk());
  const auto whole = tree(clean.path());

  for (const Fault fault : {Fault::kStop, Fault::kDiskFull})
    for (int64_t call = 1; call <= counting.calls(); ++call) {
      SCOPED_TRACE(fmt::format("{} at call {}", static_cast<int>(fault), call));
      TestFolder root;
      Ledger ledger;
      FaultFileSystem broken(call, fault);
      const auto cut = run(root.path(), ledger, broken);
      EXPECT_TRUE(cut || cut.error().code() == Code::kResourceExhausted) << cut.error().to_string();
      expect_sound(root.path(), ledger, whole);
      FaultFileSystem fs;
      ASSERT_THAT(run(root.path(), ledger, fs), IsOk());
      ASSERT_EQ(tree(root.path()), whole);
      expect_holds_all(root.path(), ledger);
    }
}

TEST_P(SinkTest, resumes_after_a_power_cut_anywhere) {
  TestFolder clean;
  Ledger clean_ledger;
  FaultFileSystem counting;
  ASSERT_THAT(run(clean.path(), clean_ledger, counting), IsOk());
  const auto whole = tree(clean.path());

  for (const Lost lost : {Lost::kEverything, Lost::kBytes})
    for (int64_t call = 1; call <= counting.calls(); ++call) {
      SCOPED_TRACE(fmt::format("lost {} at call {}", static_cast<int>(lost), call));
      TestFolder root;
      Ledger ledger;
      FaultFileSystem broken(call, Fault::kStop);
      (void)run(root.path(), ledger, broken);
      broken.cut_power(lost);
      expect_sound(root.path(), ledger, whole);
      FaultFileSystem fs;
      ASSERT_THAT(run(root.path(), ledger, fs), IsOk());
      ASSERT_EQ(tree(root.path()), whole);
    }
}

TEST_P(SinkTest, resumes_after_being_cut_while_resuming) {
  TestFolder clean;
  Ledger clean_ledger;
  FaultFileSystem counting;
  ASSERT_THAT(run(clean.path(), clean_ledger, counting), IsOk());
  const auto whole = tree(clean.path());

  // Every pair would be thousands; these meet each kind of call with each.
  const int64_t stride = counting.calls() / 15;
  for (int64_t first = 3; first <= counting.calls(); first += 3 * stride)
    for (int64_t second = 1; second <= counting.calls(); second += 2 * stride - 1) {
      SCOPED_TRACE(fmt::format("cut at call {}, then {}", first, second));
      TestFolder root;
      Ledger ledger;
      FaultFileSystem broken(first, Fault::kStop);
      (void)run(root.path(), ledger, broken);
      FaultFileSystem broken_again(second, Fault::kStop);
      (void)run(root.path(), ledger, broken_again);
      if (second % 3 == 1) broken_again.cut_power(Lost::kEverything);
      expect_sound(root.path(), ledger, whole);
      FaultFileSystem fs;
      ASSERT_THAT(run(root.path(), ledger, fs), IsOk());
      ASSERT_EQ(tree(root.path()), whole);
      if (!broken_again.has_failed()) break;
    }
}

// New pictures in the input, the same command again: the finished output grows, whatever cuts it.
TEST_P(SinkTest, grows_after_it_was_finished) {
  std::vector<Item> more = test_items();
  more.push_back({"8", {{"d/8.jpg", "eight"}}});
  more.push_back({"9", {{"d/9.jpg", "nine"}}});
  TestFolder clean;
  Ledger clean_ledger;
  FaultFileSystem counting;
  ASSERT_THAT(run(clean.path(), clean_ledger, counting, more), IsOk());
  const auto whole = tree(clean.path());

  for (int64_t call = 1; call <= counting.calls(); ++call)
    for (const bool is_power_cut : {false, true}) {
      SCOPED_TRACE(fmt::format("cut at call {}, power cut: {}", call, is_power_cut));
      TestFolder root;
      Ledger ledger;
      FaultFileSystem fs;
      ASSERT_THAT(run(root.path(), ledger, fs), IsOk());
      FaultFileSystem broken(call, Fault::kStop);
      (void)run(root.path(), ledger, broken, more);
      if (is_power_cut) broken.cut_power(Lost::kEverything);
      ASSERT_THAT(run(root.path(), ledger, fs, more), IsOk());
      ASSERT_EQ(tree(root.path()), whole);
      if (!broken.has_failed()) return;
    }
}

TEST_P(SinkTest, staging_is_not_seen_and_can_be_given_up) {
  TestFolder root;
  FaultFileSystem fs;
  ASSERT_OK_AND_ASSIGN(const auto sink, open(root.path(), "", fs));
  ASSERT_OK_AND_ASSIGN(const StagedFile file, sink->stage("a/b.jpg", as_byte_span("bytes")));
  EXPECT_EQ(file.path, "a/b.jpg");
  EXPECT_EQ(file.bytes, 5u);
  EXPECT_TRUE(stdfs::exists(file.temporary));
  EXPECT_FALSE(sink->exists("a/b.jpg"));
  EXPECT_FALSE(stdfs::exists(root / "out/a/b.jpg"));
  sink->discard(file);
  EXPECT_FALSE(stdfs::exists(file.temporary));
}

TEST_P(SinkTest, a_file_that_is_there_is_linked_into_a_folder) {
  const TestFolder root;
  const std::string file = root.write("elsewhere/x.jpg", "bytes");
  stdfs::create_symlink(file, root / "link");
  FaultFileSystem fs;
  ASSERT_OK_AND_ASSIGN(const auto sink, open(root.path(), "", fs));
  const auto staged = sink->stage_link("a/1.jpg", file);
  if (GetParam().kind != SinkKind::kFolder) {
    EXPECT_THAT(staged, FailsWith(Code::kUnsupported));
    return;
  }
  ASSERT_THAT(staged, IsOk());
  EXPECT_EQ(staged->bytes, 5u);
  ASSERT_THAT(sink->publish({&*staged, 1}), IsOk());
  const std::string published = join_path(join_path(root.path(), GetParam().location), "a/1.jpg");
  EXPECT_TRUE(stdfs::equivalent(published, file));
  EXPECT_THAT(sink->stage_link("b.jpg", root / "link"), FailsWith(Code::kUnsupported));
  EXPECT_THAT(sink->stage_link("../b.jpg", file), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(sink->stage_link("b.jpg", root / "missing"), FailsWith(Code::kNotFound));
}

TEST_P(SinkTest, a_full_disk_leaves_no_torn_file_in_the_staging_folder) {
  TestFolder root;
  FaultFileSystem probe;
  ASSERT_THAT(open(root.path(), "", probe), IsOk());
  for (int64_t call = 1; call <= 3; ++call) {
    FaultFileSystem fs(probe.calls() + call, Fault::kDiskFull);
    ASSERT_OK_AND_ASSIGN(const auto sink, open(root.path(), "", fs));
    while (fs.calls() < probe.calls()) ASSERT_THAT(fs.step(), IsOk());
    EXPECT_THAT(sink->stage("a.jpg", as_byte_span("bytes")), FailsWith(Code::kResourceExhausted));
    EXPECT_THAT(tree(root / "staging"), IsEmpty());
    EXPECT_THAT(sink->stage("a.jpg", as_byte_span("bytes")), IsOk());
  }
}

TEST_P(SinkTest, leftovers_of_a_killed_run_are_removed_and_nothing_else) {
  TestFolder root;
  root.write("staging/17.partial", "x");
  root.write("staging/notes.txt", "x");
  root.write("staging/x.partial", "x");
  FaultFileSystem fs;
  ASSERT_THAT(open(root.path(), "", fs), IsOk());
  EXPECT_EQ(tree(root / "staging").size(), 2u);
  EXPECT_FALSE(stdfs::exists(root / "staging/17.partial"));
}

TEST_P(SinkTest, refuses_paths_that_leave_the_output) {
  TestFolder root;
  FaultFileSystem fs;
  ASSERT_OK_AND_ASSIGN(const auto sink, open(root.path(), "", fs));
  for (const std::string path : {"", "/etc/passwd", "../a", "a/../../b", "a/..", "a//b", "a/",
                                 "./a", ".imagemill/run.sqlite", ".imagemill"})
    EXPECT_THAT(sink->stage(path, {}), FailsWith(Code::kInvalidArgument)) << path;
  EXPECT_THAT(sink->stage(std::string("a\0b", 3), {}), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(sink->stage("a/.imagemill/..x", {}), IsOk());
  EXPECT_THAT(tree(root / "staging"), testing::SizeIs(1));
}

TEST_P(SinkTest, publishing_a_path_again_replaces_it_or_is_refused) {
  TestFolder root;
  Ledger ledger;
  FaultFileSystem fs;
  ASSERT_THAT(run(root.path(), ledger, fs, {{"1", {{"a.jpg", "old"}}}}), IsOk());
  const auto before = tree(root.path());
  ledger.committed.clear();  // the input changed since
  const auto again = run(root.path(), ledger, fs, {{"1", {{"a.jpg", "new"}}}});
  if (GetParam().kind == SinkKind::kWebDataset) {
    EXPECT_THAT(again, FailsWith(Code::kInvalidArgument, HasSubstr("a.jpg")));
    FaultFileSystem resumed;
    EXPECT_THAT(open(root.path(), ledger.sink_state, resumed), IsOk());
    EXPECT_EQ(tree(root.path()), before);
  } else {
    EXPECT_THAT(again, IsOk());
    EXPECT_NE(tree(root.path()), before);
    expect_sound(root.path(), ledger, tree(root.path()));
  }
}

TEST_P(SinkTest, many_threads_stage_at_once) {
  TestFolder root;
  ASSERT_OK_AND_ASSIGN(const auto sink, open(root.path(), "", real_file_system()));
  std::vector<StagedFile> staged(40);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (size_t i = t; i < staged.size(); i += 4) {
        auto file = sink->stage(fmt::format("{:02}.jpg", i), as_byte_span(fmt::format("{}", i)));
        if (file) staged[i] = std::move(*file);
      }
    });
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> temporaries;
  for (const StagedFile& file : staged) temporaries.insert(file.temporary);
  EXPECT_EQ(temporaries.size(), staged.size());
  ASSERT_THAT(sink->publish(staged), IsOk());
  for (const StagedFile& file : staged) EXPECT_TRUE(sink->exists(file.path));
}

TEST_P(SinkTest, a_state_that_does_not_fit_the_output_is_an_error) {
  if (GetParam().kind == SinkKind::kFolder) GTEST_SKIP() << "a folder has no state";
  TestFolder root;
  Ledger ledger;
  FaultFileSystem fs;
  EXPECT_THAT(open(root.path(), "nonsense", fs), FailsWith(Code::kCorruptInput));
  EXPECT_THAT(open(root.path(), "{\"bytes\":-1}", fs), FailsWith(Code::kCorruptInput));
  ASSERT_THAT(run(root.path(), ledger, fs), IsOk());
  const auto whole = tree(root.path());
  for (const auto& [cut_path, cut_bytes] : whole)
    for (size_t sixteenth = 0; sixteenth < 16; ++sixteenth) {
      stdfs::remove_all(root / "out");
      for (const auto& [path, bytes] : whole) root.write(path, bytes);
      root.write(cut_path, cut_bytes.substr(0, cut_bytes.size() * sixteenth / 16));
      const auto sink = open(root.path(), ledger.sink_state, fs);
      EXPECT_TRUE(sink || sink.error().code() == Code::kCorruptInput) << sink.error().to_string();
    }
  stdfs::remove_all(root / "out");
  EXPECT_FALSE(open(root.path(), ledger.sink_state, fs));
}

TEST_P(SinkTest, a_fresh_archive_replaces_another_only_when_told_to) {
  if (GetParam().kind == SinkKind::kFolder) GTEST_SKIP() << "files are decided on one by one";
  TestFolder root;
  Ledger ledger;
  FaultFileSystem fs;
  ASSERT_THAT(run(root.path(), ledger, fs), IsOk());
  EXPECT_THAT(open(root.path(), "", fs), FailsWith(Code::kInvalidArgument, HasSubstr("--restart")));
  const std::string location = join_path(root.path(), GetParam().location);
  ASSERT_OK_AND_ASSIGN(
      const auto sink,
      open_sink(GetParam().kind, location,
                {.staging_folder = root / "staging", .resume_state = {}, .may_replace = true}, fs));
  EXPECT_FALSE(sink->exists("a/1.jpg"));
  ASSERT_OK_AND_ASSIGN(const StagedFile file, sink->stage("x.jpg", as_byte_span("x")));
  ASSERT_THAT(sink->publish({{file}}), IsOk());
  ASSERT_THAT(sink->finish(), IsOk());
  ledger.sink_state = sink->state();
  ASSERT_OK_AND_ASSIGN(const auto reopened, open(root.path(), ledger.sink_state, fs));
  EXPECT_TRUE(reopened->exists("x.jpg"));
  EXPECT_FALSE(reopened->exists("a/1.jpg"));
}

TEST_P(SinkTest, an_output_without_files_is_finished_too) {
  TestFolder root;
  Ledger ledger;
  FaultFileSystem fs;
  ASSERT_THAT(run(root.path(), ledger, fs, {{"1", {}}}), IsOk());
  ASSERT_THAT(run(root.path(), ledger, fs, {{"1", {}}}), IsOk());
  Ledger forgotten;
  EXPECT_THAT(run(root.path(), forgotten, fs, {}), IsOk());
}

INSTANTIATE_TEST_SUITE_P(Sinks, SinkTest,
                         testing::Values(SinkCase{"folder", SinkKind::kFolder, "out"},
                                         SinkCase{"zip", SinkKind::kZip, "out/a.zip"},
                                         SinkCase{"webdataset", SinkKind::kWebDataset, "out"}),
                         [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace imagemill
