// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "text_file.h"

#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill::cli {
namespace {

using testing::HasSubstr;

TEST(TextFile, is_read_as_it_was_written) {
  const TestFolder folder;
  for (const std::string text : {"", "a\r\nb\n", "longer than before"}) {
    ASSERT_THAT(write_text_file(folder / "text", text), IsOk());
    ASSERT_OK_AND_ASSIGN(const std::string read, read_text_file(folder / "text"));
    EXPECT_EQ(read, text);
  }
}

TEST(TextFile, says_why_it_cannot_be_used) {
  const TestFolder folder;
  EXPECT_THAT(read_text_file(folder / "gone"), FailsWith(Code::kNotFound, HasSubstr("gone")));
  EXPECT_THAT(read_text_file(folder.path()),
              FailsWith(Code::kInvalidArgument, HasSubstr("is a folder, expected a file")));
  EXPECT_THAT(write_text_file(folder.path(), "text"),
              FailsWith(Code::kIoError, HasSubstr("Is a directory")));
}

}  // namespace
}  // namespace imagemill::cli
