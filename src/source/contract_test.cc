// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What every source promises, whatever it reads from. A new kind is added to kKinds.
#include <filesystem>
#include <ostream>
#include <set>
#include <thread>

#include "source/entry_key.h"
#include "source/utf8.h"
#include "support/archive_bytes.h"
#include "support/listed_source.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

using Contents = std::map<std::string, std::string>;  // by path

// Not in the order of their keys, so that order is seen to come from the source.
const std::vector<std::pair<std::string, std::string>> kPictures = {
    {"b/two#2.jpg", std::string(70'000, '2')},
    {"a one.jpg", "1"},
    {"\xc3\xa4/three%20!.png", std::string(513, '3')},
};

struct Place {
  std::string location;
  std::string standard_input;
  Contents contents;
};

Place all_at(std::string location, std::string standard_input = {}) {
  return {std::move(location), std::move(standard_input),
          Contents(kPictures.begin(), kPictures.end())};
}

Place make_folder(const TestFolder& folder) {
  for (const auto& [path, content] : kPictures) folder.write("in/" + path, content);
  return all_at(folder / "in");
}

Place make_zip(const TestFolder& folder) {
  ZipBytes zip;
  for (const auto& [path, content] : kPictures)
    zip.add({.name = path, .content = content, .is_deflated = content.size() > 600});
  return all_at(folder.write("in.zip", zip.finish()));
}

std::string tar_of_pictures() {
  TarBytes tar;
  for (const auto& [path, content] : kPictures) tar.add(path, content);
  return tar.finish();
}

Place make_tar(const TestFolder& folder) {
  return all_at(folder.write("in.tar", tar_of_pictures()));
}

Place make_tar_gz(const TestFolder& folder) {
  return all_at(folder.write("in.tar.gz", compressed(tar_of_pictures(), "gzip")));
}

// Listed by the paths of their lists, which for "-" are absolute.
Place make_text_list(const TestFolder& folder) {
  std::string list;
  for (const auto& [path, content] : kPictures) {
    folder.write(path, content);
    list += path + "\r\n";
  }
  return all_at(folder.write("in.txt", list));
}

Place make_csv(const TestFolder& folder) {
  std::string list = "caption,file_name\n";
  for (const auto& [path, content] : kPictures) {
    folder.write(path, content);
    list += "\"a, b\",\"" + path + "\"\n";
  }
  return all_at(folder.write("in.csv", list));
}

Place make_json_lines(const TestFolder& folder) {
  std::string list;
  for (const auto& [path, content] : kPictures) {
    folder.write(path, content);
    list += R"({"image_path": ")" + path + "\"}\n";
  }
  return all_at(folder.write("in.jsonl", list));
}

Place make_standard_input(const TestFolder& folder) {
  Place place{.location = "-", .standard_input = {}, .contents = {}};
  for (const auto& [path, content] : kPictures) {
    const std::string absolute = folder.write(path, content);
    place.standard_input += absolute + "\n";
    place.contents[absolute.substr(1)] = content;
  }
  return place;
}

Place make_single_file(const TestFolder& folder) {
  const auto& [path, content] = kPictures[0];
  return {folder.write(path, content), "", {{std::string(file_name(path)), content}}};
}

struct Kind {
  const char* name;
  Place (*make)(const TestFolder& folder);
  bool is_sequential = false;
  bool has_globs = true;
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

constexpr Kind kKinds[] = {
    {"folder", make_folder},
    {"zip", make_zip},
    {"tar", make_tar},
    {"tar_gz", make_tar_gz, /*is_sequential=*/true},
    {"text_list", make_text_list},
    {"csv", make_csv},
    {"json_lines", make_json_lines},
    {"standard_input", make_standard_input},
    {"single_file", make_single_file, /*is_sequential=*/false, /*has_globs=*/false},
};

class SourceContract : public testing::TestWithParam<Kind> {
 protected:
  Result<ListedSource> open(const SourceOptions& options = {}) const {
    return list_source(place_.location, options, place_.standard_input);
  }

  TestFolder folder_;
  Place place_ = GetParam().make(folder_);
};

TEST_P(SourceContract, gives_every_picture_under_a_proper_key_and_path) {
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, open());
  EXPECT_EQ(listed.source->is_sequential(), GetParam().is_sequential);
  EXPECT_EQ(listed.source->name(), default_source_name(place_.location));
  EXPECT_THAT(listed.listing.failures, IsEmpty());
  Contents found;
  std::set<std::string> keys;
  for (const SourceEntry& entry : listed.listing.entries) {
    EXPECT_TRUE(keys.insert(entry.key).second) << entry.key;
    EXPECT_TRUE(is_utf8(entry.key));
    EXPECT_THAT(entry.key, StartsWith(escape_key(listed.source->name())));
    EXPECT_NE(entry.mtime_ns, 0);
    ASSERT_OK_AND_ASSIGN(const Bytes bytes, listed.source->read(entry));
    EXPECT_EQ(bytes.size(), entry.bytes);
    found[entry.path()] = as_text(bytes);
  }
  EXPECT_EQ(found, place_.contents);
}

TEST_P(SourceContract, is_sorted_by_key_unless_sequential) {
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, open());
  EXPECT_EQ(std::ranges::is_sorted(listed.listing.entries, {}, &SourceEntry::key),
            !GetParam().is_sequential);
}

TEST_P(SourceContract, keys_carry_the_name_that_was_given) {
  for (const char* name : {"in-2", "50%!#"}) {
    ASSERT_OK_AND_ASSIGN(const auto source, open_source(place_.location, name, {},
                                                        real_file_system(), place_.standard_input));
    ASSERT_OK_AND_ASSIGN(const Listing listing, source->list(CancelToken()));
    for (const SourceEntry& entry : listing.entries) {
      EXPECT_THAT(entry.key, StartsWith(escape_key(name)));
      EXPECT_TRUE(place_.contents.contains(entry.path())) << entry.path();
      EXPECT_THAT(source->read(entry), IsOk());
    }
  }
}

TEST_P(SourceContract, lists_the_same_twice) {
  ASSERT_OK_AND_ASSIGN(const ListedSource first, open());
  ASSERT_OK_AND_ASSIGN(const ListedSource second, open());
  EXPECT_EQ(first.keys(), second.keys());
  for (size_t i = 0; i < first.listing.entries.size(); ++i) {
    EXPECT_EQ(first.listing.entries[i].bytes, second.listing.entries[i].bytes);
    EXPECT_EQ(first.listing.entries[i].mtime_ns, second.listing.entries[i].mtime_ns);
  }
}

TEST_P(SourceContract, reads_from_many_threads_or_skips_in_order) {
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, open());
  if (listed.source->is_sequential()) {
    EXPECT_THAT(listed.source->read(listed.listing.entries.back()), IsOk());
    return;
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (const SourceEntry& entry : listed.listing.entries) {
        const auto bytes = listed.source->read(entry);
        ASSERT_THAT(bytes, IsOk());
        EXPECT_EQ(as_text(*bytes), place_.contents.at(entry.path()));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(SourceContract, globs_choose) {
  if (!GetParam().has_globs) GTEST_SKIP() << "what is named directly is not filtered";
  ASSERT_OK_AND_ASSIGN(const ListedSource included, open({.include = {"*.png"}}));
  EXPECT_THAT(included.listing.entries, SizeIs(1));
  ASSERT_OK_AND_ASSIGN(const ListedSource excluded, open({.exclude = {"*.png"}}));
  EXPECT_THAT(excluded.listing.entries, SizeIs(2));
  EXPECT_THAT(excluded.listing.failures, IsEmpty());
}

TEST_P(SourceContract, larger_files_than_allowed_are_refused_one_by_one) {
  const SourceOptions options{.limits = {.max_file_bytes = 1'000}};
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, open(options));
  for (const SourceEntry& entry : listed.listing.entries) {
    const auto bytes = listed.source->read(entry);
    if (entry.bytes > 1'000)
      EXPECT_THAT(bytes, FailsWith(Code::kResourceExhausted));
    else
      EXPECT_THAT(bytes, IsOk());
  }
}

TEST_P(SourceContract, listing_can_be_cancelled) {
  ASSERT_OK_AND_ASSIGN(const auto source, open_source(place_.location, "in", {}, real_file_system(),
                                                      place_.standard_input));
  CancelToken cancel;
  cancel.request();
  EXPECT_THAT(source->list(cancel), FailsWith(Code::kCancelled));
}

INSTANTIATE_TEST_SUITE_P(Kinds, SourceContract, testing::ValuesIn(kKinds),
                         [](const auto& kind) { return std::string(kind.param.name); });

TEST(OpenSource, goes_by_content_before_suffix) {
  TestFolder folder;
  ASSERT_OK_AND_ASSIGN(const ListedSource zip,
                       list_source(folder.write("x.jpg", ZipBytes().add("a", "A").finish())));
  EXPECT_EQ(zip.read("x.jpg!a"), "A");
  ASSERT_OK_AND_ASSIGN(const ListedSource picture, list_source(folder.write("y.jpg", "picture")));
  EXPECT_EQ(picture.read("y.jpg"), "picture");
  // A broken archive is not taken for a picture.
  for (const char* name : {"a.zip", "a.tar", "a.tgz"})
    EXPECT_THAT(list_source(folder.write(name, "no archive")), FailsWith(Code::kCorruptInput))
        << name;
  EXPECT_THAT(list_source("/dev/null"), FailsWith(Code::kUnsupported));
  EXPECT_THAT(list_source(folder / "none"), FailsWith(Code::kNotFound));
}

// Fuzzing corpora and crash reproducers of other projects: any answer will do, but none may take
// long or end the process.
TEST(OpenSource, survives_hostile_files) {
  const auto data = test_data();
  if (!data) GTEST_SKIP() << "needs the shared test data";
  const SourceOptions options{.limits = {.max_file_bytes = 1 << 24,
                                         .max_archive_bytes = 1 << 26,
                                         .max_ratio_floor = 1 << 20}};
  int opened = 0;
  for (const auto& file : std::filesystem::directory_iterator(*data + "/hostile")) {
    const auto listed = list_source(file.path(), options);
    if (!listed) continue;
    ++opened;
    for (const SourceEntry& entry : listed->listing.entries) {
      const auto bytes = listed->source->read(entry);
      EXPECT_LE(bytes ? bytes->size() : 0, options.limits.max_file_bytes);
    }
  }
  EXPECT_GT(opened, 0);
}

}  // namespace
}  // namespace imagemill
