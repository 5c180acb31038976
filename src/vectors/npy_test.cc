// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "vectors/npy.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <string>

#include "support/fault_file_system.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::HasSubstr;

std::string npy(std::string dictionary, size_t data_bytes, int version = 1) {
  std::string out = "\x93NUMPY";
  out += {static_cast<char>(version), '\0'};
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
    out += static_cast<char>(dictionary.size() >> (8 * i) & 0xff);
  return out + dictionary + std::string(data_bytes, '\0');
}

Result<NpyHeader> parse(const std::string& file) {
  return parse_npy_header(as_byte_span(file), file.size());
}

TEST(NpyHeader, reads_what_numpy_writes) {
  ASSERT_OK_AND_ASSIGN(
      const NpyHeader f32,
      parse(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 5), }   \n", 3 * 5 * 4)));
  EXPECT_EQ(f32.type, VectorType::kF32);
  EXPECT_EQ(f32.rows, 3u);
  EXPECT_EQ(f32.dims, 5u);
  EXPECT_EQ(f32.header_bytes, 73u);
  for (const int version : {2, 3}) {
    ASSERT_OK_AND_ASSIGN(
        const NpyHeader f16,
        parse(npy("{\"shape\":(2,7),\"descr\":\"<f2\",\"fortran_order\":False}", 28, version)));
    EXPECT_EQ(f16.type, VectorType::kF16);
    EXPECT_EQ(f16.rows, 2u);
    EXPECT_EQ(f16.dims, 7u);
  }
  EXPECT_THAT(parse(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 5), }", 0)), IsOk());
}

TEST(NpyHeader, refuses_other_arrays_and_says_which) {
  const auto with = [](std::string descr, std::string order, std::string shape) {
    return parse(
        npy("{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }",
            24));
  };
  EXPECT_THAT(with("<f4", "False", "(2, 3)"), IsOk());
  EXPECT_THAT(with("<f8", "False", "(1, 3)"), FailsWith(Code::kUnsupported, HasSubstr("'<f8'")));
  EXPECT_THAT(with(">f4", "False", "(2, 3)"), FailsWith(Code::kUnsupported, HasSubstr("'>f4'")));
  EXPECT_THAT(with("<f4", "True", "(2, 3)"), FailsWith(Code::kUnsupported, HasSubstr("Fortran")));
  EXPECT_THAT(with("<f4", "False", "(6,)"), FailsWith(Code::kUnsupported, HasSubstr("1 axes")));
  EXPECT_THAT(with("<f4", "False", "(1, 2, 3)"), FailsWith(Code::kUnsupported));
  EXPECT_THAT(with("<f4", "False", "()"), FailsWith(Code::kUnsupported));
  EXPECT_THAT(with("<f4", "False", "(6, 0)"), FailsWith(Code::kUnsupported, HasSubstr("0 dim")));
  EXPECT_THAT(with("<f4", "False", "(6, 70000)"), FailsWith(Code::kUnsupported));
}

TEST(NpyHeader, believes_no_size) {
  const auto shape = [](std::string text) {
    return parse(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (" + text + "), }", 24));
  };
  EXPECT_THAT(shape("3, 3"), FailsWith(Code::kCorruptInput, HasSubstr("3 x 3 float32")));
  EXPECT_THAT(shape("1, 3"), FailsWith(Code::kCorruptInput));
  EXPECT_THAT(shape("4611686018427387904, 4"), FailsWith(Code::kCorruptInput));
  EXPECT_THAT(shape("99999999999999999999999, 4"), FailsWith(Code::kCorruptInput));
  EXPECT_THAT(shape("-2, 3"), FailsWith(Code::kCorruptInput));
  std::string lies = npy("{}", 0, 2);
  lies[8] = lies[9] = lies[10] = lies[11] = '\xff';
  EXPECT_THAT(parse(lies), FailsWith(Code::kCorruptInput, HasSubstr("4294967295")));
}

TEST(NpyHeader, refuses_what_is_no_dictionary_of_the_three) {
  for (const std::string text :
       {"", "{", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} x",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3}",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'x': 1}",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3)}"})
    EXPECT_THAT(parse(npy(text, 24)), FailsWith(Code::kCorruptInput)) << text;
  const std::string good = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 24);
  for (size_t bytes = 0; bytes < good.size(); ++bytes)
    EXPECT_FALSE(parse(good.substr(0, bytes)).has_value()) << bytes;
}

TEST(NpyWriter, writes_rows_as_they_come) {
  TestFolder folder;
  for (const VectorType type : {VectorType::kF32, VectorType::kF16}) {
    const std::string path = folder / "a.npy";
    ASSERT_OK_AND_ASSIGN(NpyWriter writer, NpyWriter::create(real_file_system(), path, 3, type));
    ASSERT_THAT(writer.append(std::vector<float>{1, -2, 0.5f}), IsOk());
    ASSERT_THAT(writer.append({}), IsOk());
    ASSERT_THAT(writer.append(std::vector<float>{4, 5, 6, 7, 8, 1e-3f}), IsOk());
    EXPECT_EQ(writer.rows(), 3u);
    ASSERT_THAT(writer.finish(), IsOk());
    EXPECT_FALSE(std::filesystem::exists(path + ".partial"));

    ASSERT_OK_AND_ASSIGN(const NpyFile file, NpyFile::open(path));
    const VectorView rows = file.rows();
    ASSERT_EQ(rows.rows, 3u);
    ASSERT_EQ(rows.dims, 3u);
    EXPECT_EQ(rows.type, type);
    std::vector<float> row(3);
    rows.copy_row(0, row);
    EXPECT_EQ(row, (std::vector<float>{1, -2, 0.5f}));
    rows.copy_row(2, row);
    EXPECT_NEAR(row[2], 1e-3f, type == VectorType::kF32 ? 0 : 1e-6);
  }
}

TEST(NpyWriter, nobody_sees_an_unfinished_file) {
  TestFolder folder;
  const std::string path = folder / "a.npy";
  {
    ASSERT_OK_AND_ASSIGN(NpyWriter writer,
                         NpyWriter::create(real_file_system(), path, 2, VectorType::kF32));
    const NpyWriter moved = std::move(writer);
    EXPECT_FALSE(std::filesystem::exists(path));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(NpyWriter, every_failing_call_leaves_the_old_file) {
  for (int64_t call = 1;; ++call) {
    TestFolder folder;
    const std::string path = folder.write("a.npy", "old");
    FaultFileSystem fs(call, FaultFileSystem::Fault::kDiskFull);
    const auto written = [&]() -> Result<> {
      IMAGEMILL_ASSIGN_OR_RETURN(NpyWriter writer,
                                 NpyWriter::create(fs, path, 2, VectorType::kF32));
      IMAGEMILL_TRY(writer.append(std::vector<float>(2 << 18)));
      return writer.finish();
    }();
    if (!fs.has_failed()) {
      EXPECT_THAT(written, IsOk());
      EXPECT_GT(call, 5);
      break;
    }
    EXPECT_THAT(written, FailsWith(Code::kResourceExhausted));
    ASSERT_OK_AND_ASSIGN(const Bytes bytes, real_file_system().read(path, 100));
    EXPECT_EQ(as_text(bytes), "old");
    EXPECT_FALSE(std::filesystem::exists(path + ".partial")) << call;
  }
}

TEST(NpyFile, what_is_no_file_is_named) {
  TestFolder folder;
  EXPECT_THAT(NpyFile::open(folder / "none.npy"),
              FailsWith(Code::kNotFound, HasSubstr("none.npy")));
  EXPECT_THAT(NpyFile::open(folder.path()), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(NpyFile::open(folder.write("empty.npy", "")),
              FailsWith(Code::kCorruptInput, HasSubstr("empty.npy")));
}

}  // namespace
}  // namespace imagemill
