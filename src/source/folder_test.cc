// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/listed_source.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

void link_to(const std::string& target, const std::string& link) {
  ASSERT_EQ(::symlink(target.c_str(), link.c_str()), 0);
}

TEST(FolderSource, lists_every_file_below_it_sorted_by_key) {
  TestFolder folder;
  folder.write("in/b.jpg", "b");
  folder.write("in/a/z.txt", "zz");
  folder.write("in/a.jpg", "a");
  folder.write("in/empty.jpg", "");
  std::filesystem::create_directory(folder / "in/empty");
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_source(folder / "in/"));
  EXPECT_THAT(listed.keys(), ElementsAre("in/a.jpg", "in/a/z.txt", "in/b.jpg", "in/empty.jpg"));
  EXPECT_EQ(listed.entry("in/a/z.txt").path(), "a/z.txt");
  EXPECT_EQ(listed.entry("in/a/z.txt").bytes, 2u);
  EXPECT_NE(listed.entry("in/a/z.txt").mtime_ns, 0);
  EXPECT_EQ(listed.read("in/a/z.txt"), "zz");
  EXPECT_EQ(listed.read("in/empty.jpg"), "");
  EXPECT_EQ(listed.source->file_of(listed.entry("in/a/z.txt")), folder / "in/a/z.txt");
}

TEST(FolderSource, skips_hidden_names_and_the_folders_it_is_told_to_skip) {
  TestFolder folder;
  folder.write("in/.DS_Store", "");
  folder.write("in/.imagemill/run.sqlite", "");
  folder.write("in/out/a.jpg", "");
  folder.write("in/b.jpg", "");
  std::filesystem::create_directory(folder / "else");
  link_to(folder / "in/out", folder / "in/link");
  // By another way to the same folder: names do not decide.
  ASSERT_OK_AND_ASSIGN(
      const ListedSource listed,
      list_source(folder / "in", {.skip_folders = {folder / "else/../in/out/", "/no/such"}}));
  EXPECT_THAT(listed.keys(), ElementsAre("in/b.jpg"));
  EXPECT_THAT(listed.failures(), IsEmpty());
}

TEST(FolderSource, globs_choose_by_path) {
  TestFolder folder;
  for (const char* name : {"in/a.jpg", "in/a.txt", "in/thumbs/b.jpg", "in/x/c.jpg"})
    folder.write(name, "");
  ASSERT_OK_AND_ASSIGN(
      const ListedSource listed,
      list_source(folder / "in", {.include = {"*.jpg"}, .exclude = {"thumbs/**"}}));
  EXPECT_THAT(listed.keys(), ElementsAre("in/a.jpg", "in/x/c.jpg"));
}

TEST(FolderSource, follows_links_but_never_in_a_circle) {
  TestFolder folder;
  folder.write("in/a/x.jpg", "x");
  folder.write("elsewhere/y.jpg", "y");
  link_to("..", folder / "in/a/up");
  link_to(".", folder / "in/self");
  link_to(folder / "elsewhere", folder / "in/linked");
  link_to("a", folder / "in/b");
  link_to("a/x.jpg", folder / "in/file.jpg");
  link_to("loop", folder / "in/loop");
  link_to("nowhere", folder / "in/broken.jpg");
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_source(folder / "in"));
  EXPECT_THAT(listed.keys(),
              ElementsAre("in/a/x.jpg", "in/b/x.jpg", "in/file.jpg", "in/linked/y.jpg"));
  EXPECT_EQ(listed.read("in/linked/y.jpg"), "y");
  EXPECT_THAT(listed.failures(),
              ElementsAre(Pair("in/broken.jpg", Code::kNotFound), Pair("in/loop", Code::kIoError)));
}

// Two links a level: 2^24 paths, were they all followed.
TEST(FolderSource, links_that_fan_out_are_bounded) {
  TestFolder folder;
  std::string path = folder / "in";
  std::filesystem::create_directory(path);
  for (int level = 0; level < 24; ++level) {
    const std::string next = folder / ("level" + std::to_string(level));
    std::filesystem::create_directory(next);
    link_to(next, path + "/l");
    link_to(next, path + "/r");
    path = next;
  }
  ASSERT_OK_AND_ASSIGN(const ListedSource listed,
                       list_source(folder / "in", {.limits = {.max_entries = 500}}));
  ASSERT_THAT(listed.listing.failures, SizeIs(1));
  EXPECT_EQ(listed.listing.failures[0].status.code(), Code::kResourceExhausted);
}

TEST(FolderSource, pipes_and_sockets_are_failures_and_are_not_opened) {
  TestFolder folder;
  folder.write("in/a.jpg", "");
  ASSERT_EQ(::mkfifo((folder / "in/pipe").c_str(), 0600), 0);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = folder / "in/socket";
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_source(folder / "in"));
  ::close(fd);
  EXPECT_THAT(listed.keys(), ElementsAre("in/a.jpg"));
  EXPECT_THAT(listed.failures(), ElementsAre(Pair("in/pipe", Code::kUnsupported),
                                             Pair("in/socket", Code::kUnsupported)));
}

TEST(FolderSource, an_unreadable_folder_is_one_failure) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads every folder";
  TestFolder folder;
  folder.write("in/a.jpg", "");
  folder.write("in/locked/b.jpg", "");
  std::filesystem::permissions(folder / "in/locked", std::filesystem::perms::none);
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_source(folder / "in"));
  std::filesystem::permissions(folder / "in/locked", std::filesystem::perms::owner_all);
  EXPECT_THAT(listed.keys(), ElementsAre("in/a.jpg"));
  EXPECT_THAT(listed.failures(), ElementsAre(Pair("in/locked", Code::kIoError)));
}

TEST(FolderSource, a_folder_deeper_than_a_path_can_name_is_one_failure) {
  TestFolder folder;
  folder.write("in/a.jpg", "");
  const std::string name(200, 'd');
  int fd = ::open((folder / "in").c_str(), O_RDONLY | O_DIRECTORY);
  for (int depth = 0; depth < 30; ++depth) {
    ASSERT_EQ(::mkdirat(fd, name.c_str(), 0700), 0);
    const int next = ::openat(fd, name.c_str(), O_RDONLY | O_DIRECTORY);
    ::close(fd);
    fd = next;
  }
  ::close(fd);
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_source(folder / "in"));
  EXPECT_THAT(listed.keys(), ElementsAre("in/a.jpg"));
  ASSERT_THAT(listed.listing.failures, SizeIs(1));
  EXPECT_EQ(listed.listing.failures[0].status.code(), Code::kIoError);
}

TEST(FolderSource, names_of_any_bytes_are_read_and_told_apart) {
  TestFolder folder;
  const std::string long_name(251, 'n');
  folder.write("in/\xff\x01.jpg", "odd");
  folder.write("in/%FF%01.jpg", "even");
  folder.write("in/" + long_name + ".jpg", "long");
  folder.write("in/back\\slash", "slash");
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_source(folder / "in"));
  EXPECT_EQ(listed.read("in/%FF%01.jpg"), "odd");
  EXPECT_EQ(listed.read("in/%25FF%2501.jpg"), "even");
  EXPECT_EQ(listed.read("in/" + long_name + ".jpg"), "long");
  EXPECT_EQ(listed.read("in/back\\slash"), "slash");
}

TEST(FolderSource, a_file_is_read_as_it_is_now) {
  TestFolder folder;
  folder.write("in/grows.jpg", "1");
  folder.write("in/goes.jpg", "2");
  folder.write("in/large.jpg", "12345678");
  ASSERT_OK_AND_ASSIGN(const ListedSource listed,
                       list_source(folder / "in", {.limits = {.max_file_bytes = 5}}));
  folder.write("in/grows.jpg", "1234");
  std::filesystem::remove(folder / "in/goes.jpg");
  EXPECT_EQ(listed.read("in/grows.jpg"), "1234");
  EXPECT_THAT(listed.read("in/goes.jpg"), FailsWith(Code::kNotFound, HasSubstr("goes.jpg")));
  EXPECT_THAT(listed.read("in/large.jpg"), FailsWith(Code::kResourceExhausted));
}

TEST(FolderSource, says_what_it_cannot_list_at_all) {
  TestFolder folder;
  EXPECT_THAT(list_source(folder / "none"), FailsWith(Code::kNotFound, HasSubstr("none")));
  std::filesystem::create_directory(folder / "in");
  ASSERT_OK_AND_ASSIGN(const auto source, open_source(folder / "in", "in", {}, real_file_system()));
  std::filesystem::remove(folder / "in");
  EXPECT_THAT(source->list(CancelToken()), FailsWith(Code::kNotFound));
}

TEST(FolderSource, lists_a_hundred_thousand_files) {
  constexpr int kFolders = 20, kFiles = 5'000;
  TestFolder folder;
  for (int i = 0; i < kFolders; ++i) {
    const std::string path = folder / ("in" + std::to_string(i % 2) + "/" + std::to_string(i));
    std::filesystem::create_directories(path);
    const std::string first = path + "/0.jpg";
    std::ofstream(first) << i;
    // Links to one file are quicker made than files; a listing sees no difference.
    for (int j = 1; j < kFiles; ++j)
      ASSERT_EQ(::link(first.c_str(), (path + "/" + std::to_string(j) + ".jpg").c_str()), 0);
  }
  size_t found = 0;
  for (const char* name : {"in0", "in1"}) {
    ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_source(folder / name));
    found += listed.listing.entries.size();
    EXPECT_TRUE(std::ranges::is_sorted(listed.listing.entries, {}, &SourceEntry::key));
    EXPECT_EQ(std::ranges::adjacent_find(listed.listing.entries, {}, &SourceEntry::key),
              listed.listing.entries.end());
  }
  EXPECT_EQ(found, size_t{kFolders * kFiles});
}

}  // namespace
}  // namespace imagemill
