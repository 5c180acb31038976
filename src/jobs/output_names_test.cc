// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/output_names.h"

#include <gtest/gtest.h>

#include <set>

namespace imagemill {
namespace {

FileFormat keep(FileFormat format) { return format; }
FileFormat to_jpeg(FileFormat) { return FileFormat::kJpeg; }

std::vector<NamedInput> inputs_of(const std::vector<std::string>& paths) {
  std::vector<NamedInput> out;
  for (const std::string& path : paths) out.push_back({path, out.size()});
  return out;
}

// The names of pictures that are all of one format.
std::vector<std::string> names_of(const std::vector<std::string>& paths,
                                  FileFormat (*rule)(FileFormat), FileFormat format,
                                  Renaming renaming = Renaming::kKeep) {
  const auto inputs = inputs_of(paths);
  const OutputNames names(renaming, inputs, rule);
  std::vector<std::string> out;
  for (const NamedInput& input : inputs)
    out.push_back(names.path_for(input.path, input.rank, format));
  return out;
}

using Names = std::vector<std::string>;

TEST(OutputNames, an_extension_that_fits_stays) {
  EXPECT_EQ(names_of({"a.jpg", "b.JPEG", "sub/c.jfif"}, keep, FileFormat::kJpeg),
            (Names{"a.jpg", "b.JPEG", "sub/c.jfif"}));
}

TEST(OutputNames, one_that_does_not_is_replaced) {
  EXPECT_EQ(names_of({"a.heic", "b.c/d.png", "two.dots.tif"}, to_jpeg, FileFormat::kJpeg),
            (Names{"a.jpg", "b.c/d.jpg", "two.dots.jpg"}));
}

TEST(OutputNames, pictures_that_meet_keep_their_old_name_in_the_new) {
  EXPECT_EQ(names_of({"a.heic", "a.jpg", "a.png"}, to_jpeg, FileFormat::kJpeg),
            (Names{"a.heic.jpg", "a.jpg", "a.png.jpg"}));
  EXPECT_EQ(names_of({"a.heic", "a.png"}, to_jpeg, FileFormat::kJpeg),
            (Names{"a.jpg", "a.png.jpg"}));
  // Where even that is taken, a number.
  EXPECT_EQ(names_of({"a.jpg", "a.png", "a.png.jpg"}, to_jpeg, FileFormat::kJpeg),
            (Names{"a.jpg", "a.png~2.jpg", "a.png.jpg"}));
}

TEST(OutputNames, case_tells_names_apart) {
  EXPECT_EQ(names_of({"A.jpg", "A.JPG", "a.jpg"}, keep, FileFormat::kJpeg),
            (Names{"A.jpg", "A.JPG", "a.jpg"}));
  EXPECT_EQ(names_of({"A.PNG", "a.png"}, to_jpeg, FileFormat::kJpeg), (Names{"A.jpg", "a.jpg"}));
}

TEST(OutputNames, a_file_that_is_not_what_its_name_says_gets_an_extension_more) {
  EXPECT_EQ(names_of({"a.png", "b", "c.dat", "a.png.jpg"}, keep, FileFormat::kJpeg),
            (Names{"a.png~2.jpg", "b.jpg", "c.dat.jpg", "a.png.jpg"}));
}

TEST(OutputNames, one_path_twice_gives_two_names) {
  EXPECT_EQ(names_of({"a.jpg", "a.jpg", "a.jpg"}, keep, FileFormat::kJpeg),
            (Names{"a.jpg", "a.jpg.jpg", "a.jpg~2.jpg"}));
}

TEST(OutputNames, sequences_have_room_for_the_last_number) {
  EXPECT_EQ(names_of({"x.jpg", "y", "z.png"}, keep, FileFormat::kPng, Renaming::kSequence),
            (Names{"0001.png", "0002.png", "0003.png"}));
  const std::vector<NamedInput> many = {{"a", 0}, {"b", 99998}};
  const OutputNames names(Renaming::kSequence, many, keep);
  EXPECT_EQ(names.path_for("a", 0, FileFormat::kJpeg), "00001.jpg");
  EXPECT_EQ(names.path_for("b", 99998, FileFormat::kJpeg), "99999.jpg");
}

TEST(OutputNames, no_two_inputs_share_a_name_whatever_they_turn_out_to_be) {
  const std::vector<std::string> paths = {
      "a",       "a.jpg", "a.jpg.jpg", "a.jpg~2.jpg", "a.png",   "a.png.jpg", "a.png.png", "a~2",
      "a~2.jpg", "a~3",   "a.JPG",     "a.jpg.png",   "a.jpg~2", "a.png~2",   "b.tif",     "b.jpg"};
  const auto inputs = inputs_of(paths);
  for (auto* rule : {keep, to_jpeg}) {
    const OutputNames names(Renaming::kKeep, inputs, rule);
    for (const bool is_jpeg : {true, false}) {
      if (rule == to_jpeg && !is_jpeg) continue;
      std::set<std::string> seen;
      for (const NamedInput& input : inputs) {
        const std::string name =
            names.path_for(input.path, input.rank, is_jpeg ? FileFormat::kJpeg : FileFormat::kPng);
        EXPECT_TRUE(seen.insert(name).second) << input.path << " -> " << name;
      }
    }
  }
}

TEST(OutputNames, planned_names_are_known) {
  const auto inputs = inputs_of({"a.png", "b.jpg"});
  const OutputNames names(Renaming::kKeep, inputs, to_jpeg);
  EXPECT_TRUE(names.is_planned("a.jpg"));
  EXPECT_TRUE(names.is_planned("b.jpg"));
  EXPECT_FALSE(names.is_planned("a.png"));
}

}  // namespace
}  // namespace imagemill
