// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A sink and a run store together, in a process of their own that is killed (SIGKILL) at one call
// after another: what the store says was done is there, and the resumed run ends with the files and
// rows of an unbroken one.
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "sink/sink.h"
#include "store/run_store.h"
#include "support/fault_file_system.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

namespace stdfs = std::filesystem;

const TableSchema kTable = {.name = "prepare", .columns = {{"bytes", ColumnType::kInteger}}};
constexpr int kItems = 8;
constexpr size_t kGroup = 3;

Result<> publish(Sink& sink, RunStore& store, FaultFileSystem& fs, std::vector<ItemRecord> group) {
  std::vector<StagedFile> staged;
  std::vector<OutputRecord> outputs;
  for (ItemRecord& item : group) {
    const std::string bytes = "contents of " + item.key;
    IMAGEMILL_ASSIGN_OR_RETURN(StagedFile file,
                               sink.stage("a/" + item.key + ".jpg", as_byte_span(bytes)));
    item.outputs = {{"prepare", file.path, file.bytes, ""}};
    item.rows = {{.table = "prepare", .sub = "", .values = {static_cast<int64_t>(file.bytes)}}};
    outputs.push_back(item.outputs[0]);
    staged.push_back(std::move(file));
  }
  IMAGEMILL_TRY(fs.step());
  IMAGEMILL_TRY(store.announce(outputs));
  IMAGEMILL_TRY(fs.step());
  IMAGEMILL_TRY(sink.publish(staged));
  IMAGEMILL_TRY(fs.step());
  IMAGEMILL_TRY(store.commit(group, sink.state()));
  return fs.step();
}

Result<> run(SinkKind kind, const std::string& root, FaultFileSystem& fs) {
  IMAGEMILL_TRY(fs.create_folders(root + "/.imagemill"));
  IMAGEMILL_ASSIGN_OR_RETURN(const auto store,
                             RunStore::open(root + "/.imagemill/run.sqlite", {{"a", "b"}}));
  IMAGEMILL_TRY(store->create_tables({{kTable}}));
  IMAGEMILL_ASSIGN_OR_RETURN(const std::string state, store->sink_state());
  IMAGEMILL_ASSIGN_OR_RETURN(const auto sink,
                             open_sink(kind, root + "/out",
                                       {.staging_folder = root + "/.imagemill/staging",
                                        .resume_state = state,
                                        .shard_entries = 2},
                                       fs));
  IMAGEMILL_ASSIGN_OR_RETURN(const auto finished, store->finished_items());
  std::vector<ItemRecord> group;
  for (int i = 0; i < kItems; ++i) {
    ItemRecord item;
    item.key = fmt::format("{}", i);
    item.sequence = i;
    if (find_finished(finished, item.key) != nullptr) continue;
    group.push_back(item);
    if (group.size() == kGroup) IMAGEMILL_TRY(publish(*sink, *store, fs, std::exchange(group, {})));
  }
  IMAGEMILL_TRY(publish(*sink, *store, fs, std::move(group)));
  return sink->finish();
}

// Files of the output, and the rows of the store as text.
std::map<std::string, std::string> everything(const std::string& root) {
  std::map<std::string, std::string> out;
  const auto add = [&](const stdfs::path& path) {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    out[stdfs::relative(path, root).string()] = bytes.str();
  };
  if (stdfs::is_regular_file(root + "/out")) add(root + "/out");
  if (stdfs::is_directory(root + "/out"))
    for (const auto& entry : stdfs::recursive_directory_iterator(root + "/out"))
      if (entry.is_regular_file()) add(entry.path());
  const auto store = RunStore::open_existing(root + "/.imagemill/run.sqlite");
  EXPECT_THAT(store, IsOk());
  if (!store) return out;
  EXPECT_THAT((*store)->for_each_item([&](const ItemRecord& item) -> Result<> {
    for (const OutputRecord& output : item.outputs)
      out["row " + item.key] += fmt::format("{} {} ", item.sequence, output.path);
    return {};
  }),
              IsOk());
  EXPECT_THAT((*store)->for_each_row("prepare",
                                     [&](const std::string& key, const Row& row) -> Result<> {
                                       out["row " + key] +=
                                           fmt::format("{}", std::get<int64_t>(row.values[0]));
                                       return {};
                                     }),
              IsOk());
  return out;
}

class KillAndResume : public testing::TestWithParam<SinkKind> {};

TEST_P(KillAndResume, ends_as_if_nothing_had_happened) {
  TestFolder clean;
  FaultFileSystem counting;
  ASSERT_THAT(run(GetParam(), clean.path(), counting), IsOk());
  const auto whole = everything(clean.path());

  // Every call is met by the sinks' own test; the kernel and SQLite are what is tested here.
  for (int64_t call = 2; call <= counting.calls(); call += 5) {
    SCOPED_TRACE(fmt::format("killed at call {} of {}", call, counting.calls()));
    TestFolder root;
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      FaultFileSystem deadly(call, FaultFileSystem::Fault::kKill);
      (void)run(GetParam(), root.path(), deadly);
      _exit(1);
    }
    int how = 0;
    ASSERT_EQ(waitpid(child, &how, 0), child);
    ASSERT_TRUE(WIFSIGNALED(how));
    FaultFileSystem fs;
    ASSERT_THAT(run(GetParam(), root.path(), fs), IsOk());
    ASSERT_EQ(everything(root.path()), whole);
  }
}

INSTANTIATE_TEST_SUITE_P(Sinks, KillAndResume,
                         testing::Values(SinkKind::kFolder, SinkKind::kZip, SinkKind::kWebDataset));

}  // namespace
}  // namespace imagemill
