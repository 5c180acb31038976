// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/caption_files.h"

#include "support/archive_bytes.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<RunInputs> list(const std::vector<std::string>& inputs,
                       const std::map<std::string, std::string>& options = {}) {
  return list_inputs(inputs, OptionValues::parse(run_options(), options).value(), {}, "",
                     real_file_system(), CancelToken(), /*with_captions=*/true);
}

// "rank key: captions".
std::vector<std::string> lines_of(const RunInputs& inputs) {
  std::vector<std::string> out;
  for (const RankedEntry& e : inputs.entries) {
    std::string line = fmt::format("{} {}:", e.rank, e.key);
    if (e.captions)
      for (const SourceEntry& caption : *e.captions) line += " " + caption.key;
    out.push_back(line);
  }
  return out;
}

TEST(CaptionFiles, go_with_pictures_of_their_name_and_folder) {
  const TestFolder folder;
  for (const char* path : {"h/a.JPG", "h/a.b.jpg", "h/a.caption", "h/a.TXT", "h/sub/a.png",
                           "h/b.txt", "h/c.json", "h/x%!.jpg", "h/x%!.txt", "2/b.jpg"})
    folder.write(path, "-");
  ASSERT_OK_AND_ASSIGN(const RunInputs inputs, list({folder / "h", folder / "2"}));
  EXPECT_THAT(lines_of(inputs), ElementsAre("0 2/b.jpg:", "1 h/a.JPG: h/a.TXT h/a.caption",
                                            "2 h/a.b.jpg:", "3 h/b.txt:", "4 h/c.json:",
                                            "5 h/sub/a.png:", "6 h/x%25%21.jpg: h/x%25%21.txt"));
}

TEST(CaptionFiles, of_one_name_are_shared_where_pictures_are_numbered) {
  const TestFolder folder;
  for (const char* path : {"h/a.jpg", "h/a.png", "h/a.txt"}) folder.write(path, "-");
  ASSERT_OK_AND_ASSIGN(const RunInputs named, list({folder / "h"}));
  EXPECT_THAT(lines_of(named), ElementsAre("0 h/a.jpg: h/a.txt", "1 h/a.png:"));
  ASSERT_OK_AND_ASSIGN(const RunInputs numbered, list({folder / "h"}, {{"rename", "sequence"}}));
  EXPECT_THAT(lines_of(numbered), ElementsAre("0 h/a.jpg: h/a.txt", "1 h/a.png: h/a.txt"));
}

TEST(CaptionFiles, cannot_be_had_from_a_source_that_is_read_in_order) {
  const TestFolder folder;
  folder.write("h.tar.gz", compressed(std::string(1024, '\0'), "gzip"));
  EXPECT_THAT(list({folder / "h.tar.gz"}),
              FailsWith(Code::kInvalidArgument, HasSubstr("--captions")));
}

}  // namespace
}  // namespace imagemill
