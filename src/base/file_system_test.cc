// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "base/file_system.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::HasSubstr;

TEST(PathText, splits_like_a_user_reads_it) {
  EXPECT_EQ(join_path("a", "b"), "a/b");
  EXPECT_EQ(join_path("a/", "b"), "a/b");
  EXPECT_EQ(join_path("", "b"), "b");
  EXPECT_EQ(file_name("a/b.jpg"), "b.jpg");
  EXPECT_EQ(parent_path("a/b.jpg"), "a");
  EXPECT_EQ(parent_path("/b.jpg"), "/");
  EXPECT_EQ(file_stem("a/b.tar.gz"), "b.tar");
  EXPECT_EQ(file_stem(".hidden"), ".hidden");
  EXPECT_EQ(lower_extension("a/B.JPG"), "jpg");
  EXPECT_EQ(lower_extension("a.d/b"), "");
}

TEST(RealFileSystem, reads_what_it_wrote_and_names_what_is_missing) {
  TestFolder folder;
  FileSystem& fs = real_file_system();
  ASSERT_THAT(write_file_atomically(fs, folder / "a.bin", as_byte_span("hello")), IsOk());
  ASSERT_OK_AND_ASSIGN(const Bytes bytes, fs.read(folder / "a.bin", 100));
  EXPECT_EQ(as_text(bytes), "hello");
  EXPECT_THAT(fs.read(folder / "a.bin", 4),
              FailsWith(Code::kResourceExhausted, HasSubstr("limit is 4")));
  EXPECT_THAT(fs.read(folder / "no.bin", 4), FailsWith(Code::kNotFound, HasSubstr("no.bin")));
  EXPECT_THAT(fs.read_range(folder / "a.bin", 3, 5), FailsWith(Code::kCorruptInput));
  ASSERT_OK_AND_ASSIGN(const Bytes part, fs.read_range(folder / "a.bin", 1, 3));
  EXPECT_EQ(as_text(part), "ell");
}

TEST(RealFileSystem, an_open_file_reads_anywhere_and_stops_at_its_end) {
  TestFolder folder;
  FileSystem& fs = real_file_system();
  const std::string path = folder.write("a.bin", "0123456789");
  ASSERT_OK_AND_ASSIGN(const auto file, fs.open(path));
  EXPECT_EQ(file->bytes(), 10u);
  Bytes out(4);
  ASSERT_OK_AND_ASSIGN(const size_t whole, file->read_at(3, out));
  EXPECT_EQ(whole, 4u);
  EXPECT_EQ(as_text(out), "3456");
  ASSERT_OK_AND_ASSIGN(const size_t part, file->read_at(8, out));
  EXPECT_EQ(part, 2u);
  ASSERT_OK_AND_ASSIGN(const size_t beyond, file->read_at(100, out));
  EXPECT_EQ(beyond, 0u);
  EXPECT_THAT(fs.open(folder.path()), FailsWith(Code::kUnsupported));
  EXPECT_THAT(fs.open(folder / "no"), FailsWith(Code::kNotFound));
}

TEST(RealFileSystem, lists_with_stat_following_links) {
  TestFolder folder;
  FileSystem& fs = real_file_system();
  folder.write("in/a.bin", "12345");
  ASSERT_EQ(::symlink("a.bin", (folder / "in/link").c_str()), 0);
  ASSERT_EQ(::symlink("nowhere", (folder / "in/broken").c_str()), 0);
  ASSERT_OK_AND_ASSIGN(auto real, fs.list_with_stat(folder / "in"));
  ASSERT_OK_AND_ASSIGN(auto by_default, fs.FileSystem::list_with_stat(folder / "in"));
  for (auto* members : {&real, &by_default}) {
    std::ranges::sort(*members, {}, &FolderMember::name);
    ASSERT_EQ(members->size(), 3u);
    EXPECT_EQ((*members)[0].stat->bytes, 5u);
    EXPECT_THAT((*members)[1].stat, FailsWith(Code::kNotFound, HasSubstr("broken")));
    EXPECT_FALSE((*members)[0].is_link);
    EXPECT_TRUE((*members)[2].is_link);
    EXPECT_EQ((*members)[2].stat->inode, (*members)[0].stat->inode);
  }
}

TEST(RealFileSystem, append_at_cuts_first) {
  TestFolder folder;
  FileSystem& fs = real_file_system();
  folder.write("log", "0123456789");
  ASSERT_OK_AND_ASSIGN(const auto file, fs.append_at(folder / "log", 4));
  ASSERT_THAT(file->write(as_byte_span("xy")), IsOk());
  ASSERT_THAT(file->close(), IsOk());
  ASSERT_OK_AND_ASSIGN(const Bytes bytes, fs.read(folder / "log", 100));
  EXPECT_EQ(as_text(bytes), "0123xy");
}

TEST(RealFileSystem, append_cuts_nothing_that_another_has_written) {
  const TestFolder folder;
  FileSystem& fs = real_file_system();
  const std::string path = folder / "log";
  ASSERT_OK_AND_ASSIGN(const auto first, fs.append(path));
  ASSERT_OK_AND_ASSIGN(const auto second, fs.append(path));
  EXPECT_THAT(first->write(as_byte_span("a")), IsOk());
  EXPECT_THAT(second->write(as_byte_span("b")), IsOk());
  EXPECT_THAT(first->write(as_byte_span("c")), IsOk());
  EXPECT_EQ(as_text(fs.read(path, 10).value()), "abc");
}

TEST(RealFileSystem, a_new_file_is_for_its_owner_and_never_an_old_one) {
  const TestFolder folder;
  FileSystem& fs = real_file_system();
  ASSERT_OK_AND_ASSIGN(const auto file, fs.create_new(folder / "a"));
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(std::filesystem::status(folder / "a").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  ASSERT_OK_AND_ASSIGN(const auto again, fs.create_new(folder / "a"));
  EXPECT_EQ(again, nullptr);
  EXPECT_THAT(fs.create_new(folder / "no/a"), FailsWith(Code::kNotFound));
}

TEST(RealFileSystem, exchanges_two_names) {
  const TestFolder folder;
  FileSystem& fs = real_file_system();
  const std::string a = folder.write("a", "of a"), b = folder.write("b", "of b");
  const auto exchanged = fs.exchange(a, b);
  if (!exchanged && exchanged.error().code() == Code::kUnsupported)
    GTEST_SKIP() << "no such thing here";
  ASSERT_THAT(exchanged, IsOk());
  EXPECT_EQ(as_text(fs.read(a, 10).value()), "of b");
  EXPECT_EQ(as_text(fs.read(b, 10).value()), "of a");
  EXPECT_THAT(fs.exchange(a, folder / "none"), FailsWith(Code::kNotFound));
}

TEST(RealFileSystem, another_file_system_is_told_from_an_error) {
  const TestFolder folder;
  FileSystem& fs = real_file_system();
  const std::string path = folder.write("a", "x");
  const std::string other = fmt::format("/dev/shm/imagemill-test-{}", getpid());
  const auto there = fs.stat("/dev/shm");
  if (!there || there->device == fs.stat(path)->device) GTEST_SKIP() << "one file system only";
  EXPECT_THAT(fs.rename(path, other), FailsWith(Code::kUnsupported));
  EXPECT_THAT(fs.rename_if_free(path, other), FailsWith(Code::kUnsupported));
}

TEST(RealFileSystem, copies_what_a_file_has_besides_its_bytes) {
  const TestFolder folder;
  FileSystem& fs = real_file_system();
  const std::string from = folder.write("from", "x"), to = folder.write("to", "y");
  const timespec times[] = {{1'000'000'001, 5}, {1'000'000'002, 7}};
  ASSERT_EQ(::utimensat(AT_FDCWD, from.c_str(), times, 0), 0);
  ASSERT_EQ(::chmod(from.c_str(), 0640), 0);
  const bool has_attributes = ::setxattr(from.c_str(), "user.rating", "five", 4, 0) == 0;
  ASSERT_THAT(fs.copy_attributes(from, to), IsOk());
  struct stat stat{};
  ASSERT_EQ(::stat(to.c_str(), &stat), 0);
  EXPECT_EQ(stat.st_mode & 07777, 0640u);
  EXPECT_EQ(stat.st_mtim.tv_sec, 1'000'000'002);
  EXPECT_EQ(stat.st_mtim.tv_nsec, 7);
  EXPECT_EQ(as_text(fs.read(to, 10).value()), "y");
  char value[8];
  if (has_attributes) {
    EXPECT_EQ(::getxattr(to.c_str(), "user.rating", value, sizeof value), 4);
  }
  EXPECT_THAT(fs.copy_attributes(folder / "none", to), FailsWith(Code::kIoError));
}

TEST(RealFileSystem, write_at_leaves_the_place_of_the_next_write) {
  TestFolder folder;
  FileSystem& fs = real_file_system();
  ASSERT_OK_AND_ASSIGN(const auto file, fs.create(folder / "a"));
  ASSERT_THAT(file->write(as_byte_span("012345")), IsOk());
  ASSERT_THAT(file->write_at(1, as_byte_span("xy")), IsOk());
  ASSERT_THAT(file->write(as_byte_span("67")), IsOk());
  ASSERT_THAT(file->close(), IsOk());
  ASSERT_OK_AND_ASSIGN(const Bytes bytes, fs.read(folder / "a", 100));
  EXPECT_EQ(as_text(bytes), "0xy34567");
}

TEST(RealFileSystem, creates_folders_on_the_way_but_not_over_a_file) {
  TestFolder folder;
  FileSystem& fs = real_file_system();
  EXPECT_THAT(fs.create_folders(folder / "a/b/c"), IsOk());
  EXPECT_THAT(fs.create_folders(folder / "a/b/c"), IsOk());
  folder.write("f", "");
  EXPECT_THAT(fs.create_folders(folder / "f"), FailsWith(Code::kIoError));
  EXPECT_FALSE(fs.create_folders(folder / "f/g"));
}

TEST(RealFileSystem, refuses_what_is_not_a_regular_file_without_waiting_for_it) {
  TestFolder folder;
  ASSERT_EQ(::system(("mkfifo " + (folder / "pipe")).c_str()), 0);
  EXPECT_THAT(real_file_system().read(folder / "pipe", 100), FailsWith(Code::kUnsupported));
}

TEST(RealFileSystem, renames_where_nothing_is_in_the_way) {
  TestFolder folder;
  FileSystem& fs = real_file_system();
  const std::string from = folder.write("from", "new"), taken = folder.write("taken", "old");
  EXPECT_EQ(fs.rename_if_free(from, taken).value(), false);
  EXPECT_EQ(as_text(fs.read(taken, 100).value()), "old");
  EXPECT_EQ(fs.rename_if_free(from, folder / "free").value(), true);
  EXPECT_EQ(as_text(fs.read(folder / "free", 100).value()), "new");
  EXPECT_THAT(fs.rename_if_free(from, folder / "again"), FailsWith(Code::kNotFound));
  // What file systems without that promise do.
  EXPECT_EQ(fs.FileSystem::rename_if_free(folder / "free", taken).value(), false);
  EXPECT_EQ(fs.FileSystem::rename_if_free(folder / "free", from).value(), true);
}

TEST(RealFileSystem, symbolic_links_hold_the_text_as_it_is) {
  TestFolder folder;
  FileSystem& fs = real_file_system();
  folder.write("a", "text");
  EXPECT_THAT(fs.symbolic_link("a", folder / "link"), IsOk());
  EXPECT_EQ(std::filesystem::read_symlink(folder / "link"), "a");
  EXPECT_EQ(as_text(fs.read(folder / "link", 100).value()), "text");
  EXPECT_THAT(fs.symbolic_link("b", folder / "link"), FailsWith(Code::kIoError));
}

}  // namespace
}  // namespace imagemill
