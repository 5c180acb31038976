// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/originals.h"

#include "support/archive_bytes.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::HasSubstr;

constexpr uint64_t kMax = 1 << 20;

class OriginalsTest : public testing::Test {
 protected:
  Originals open(const std::vector<std::string>& inputs) {
    return Originals(inputs, real_file_system());
  }
  static std::string text(Result<Bytes> bytes) {
    return bytes ? std::string(as_text(*bytes)) : bytes.error().message();
  }
  TestFolder folder_;
};

TEST_F(OriginalsTest, finds_files_of_folders_by_their_keys) {
  folder_.write("a/x/1.jpg", "one");
  folder_.write("a/50%!.jpg", "odd");
  folder_.write("b/a/2.jpg", "two");
  Originals originals = open({folder_ / "a", folder_ / "b/a"});
  EXPECT_EQ(originals.path_of("a/x/1.jpg"), folder_ / "a/x/1.jpg");
  EXPECT_EQ(text(originals.read("a/x/1.jpg", kMax)), "one");
  EXPECT_EQ(text(originals.read(escape_key("a/50%!.jpg"), kMax)), "odd");
  EXPECT_EQ(text(originals.read("a~2/2.jpg", kMax)), "two");
  EXPECT_EQ(originals.path_of("c/1.jpg"), "");
  EXPECT_THAT(originals.read("c/1.jpg", kMax), FailsWith(Code::kNotFound, HasSubstr("c/1.jpg")));
  EXPECT_THAT(originals.read("a/none.jpg", kMax), FailsWith(Code::kNotFound));
}

TEST_F(OriginalsTest, finds_single_pictures_and_those_of_lists) {
  folder_.write("p/one.jpg", "one");
  folder_.write("q/one.jpg", "other");
  folder_.write("lists/sub/2.jpg", "two");
  const std::string list = folder_.write("lists/l.txt", "sub/2.jpg\n" + (folder_ / "p/one.jpg"));
  Originals originals = open({folder_ / "p/one.jpg", folder_ / "q/one.jpg", list});
  EXPECT_EQ(text(originals.read("one.jpg", kMax)), "one");
  EXPECT_EQ(text(originals.read("one.jpg~2/one.jpg", kMax)), "other");
  EXPECT_EQ(text(originals.read("l.txt/sub/2.jpg", kMax)), "two");
  EXPECT_EQ(text(originals.read("l.txt/" + (folder_ / "p/one.jpg"), kMax)), "one");
}

TEST_F(OriginalsTest, opens_archives_when_a_member_is_asked_for) {
  const std::string zip =
      folder_.write("heap.zip", ZipBytes()
                                    .add({.name = "a/1.jpg", .content = "one"})
                                    .add({.name = "b.jpg", .content = "two", .is_deflated = true})
                                    .finish());
  Originals originals = open({zip, folder_ / "none.zip"});
  EXPECT_EQ(originals.path_of("heap.zip!a/1.jpg"), "");
  EXPECT_EQ(text(originals.read("heap.zip!a/1.jpg", kMax)), "one");
  EXPECT_EQ(text(originals.read("heap.zip!b.jpg", kMax)), "two");
  EXPECT_THAT(originals.read("heap.zip!c.jpg", kMax),
              FailsWith(Code::kNotFound, HasSubstr("no such member")));
  EXPECT_THAT(originals.read("none.zip!c.jpg", kMax), FailsWith(Code::kNotFound));
}

TEST_F(OriginalsTest, names_stay_those_of_the_run_when_inputs_move) {
  folder_.write("renamed/x/1.jpg", "one");
  folder_.write("other.jpg", "two");
  folder_.write("lists/new.txt", "sub/3.jpg\n");
  folder_.write("lists/sub/3.jpg", "three");
  const std::string zip =
      folder_.write("z.zip", ZipBytes().add({.name = "4.jpg", .content = "four"}).finish());
  const std::vector<std::string> inputs = {"gone/dr", "gone/b/dr", "gone/one.jpg", "gone/l.txt",
                                           "gone/heap.zip"};
  ASSERT_OK_AND_ASSIGN(Originals originals,
                       Originals::moved(inputs,
                                        {folder_ / "elsewhere", folder_ / "renamed",
                                         folder_ / "other.jpg", folder_ / "lists/new.txt", zip},
                                        real_file_system()));
  EXPECT_EQ(originals.path_of("dr/y.jpg"), folder_ / "elsewhere/y.jpg");
  EXPECT_EQ(text(originals.read("dr~2/x/1.jpg", kMax)), "one");
  EXPECT_EQ(text(originals.read("one.jpg", kMax)), "two");
  EXPECT_EQ(text(originals.read("l.txt/sub/3.jpg", kMax)), "three");
  EXPECT_EQ(text(originals.read("heap.zip!4.jpg", kMax)), "four");
}

TEST_F(OriginalsTest, there_is_a_place_for_each_input) {
  FileSystem& fs = real_file_system();
  EXPECT_THAT(Originals::moved({"a", "b"}, {"c"}, fs),
              FailsWith(Code::kInvalidArgument, HasSubstr("2 inputs: a, b")));
  EXPECT_THAT(Originals::moved({"a"}, {"c", "d"}, fs), FailsWith(Code::kInvalidArgument));
  EXPECT_EQ(Originals::moved({"a"}, {}, fs)->path_of("a/1.jpg"), "a/1.jpg");
  EXPECT_EQ(Originals::moved({}, {"new/a"}, fs)->path_of("a/1.jpg"), "new/a/1.jpg")
      << "of a run that was killed nothing is known";
}

TEST_F(OriginalsTest, still_says_where_a_folder_was) {
  Originals originals = open({folder_ / "gone"});
  EXPECT_EQ(originals.path_of("gone/1.jpg"), folder_ / "gone/1.jpg");
  EXPECT_THAT(originals.read("gone/1.jpg", kMax), FailsWith(Code::kNotFound));
}

}  // namespace
}  // namespace imagemill
