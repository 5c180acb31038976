// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "source/list_text.h"
#include "support/listed_source.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

std::vector<uint64_t> problem_lines(const ListText& list) {
  std::vector<uint64_t> out;
  for (const auto& problem : list.problems) out.push_back(problem.line);
  return out;
}

TEST(ListText, one_path_a_line_as_written) {
  ASSERT_OK_AND_ASSIGN(
      const ListText list,
      parse_list("\xef\xbb\xbf# 1.jpg\r\n\r\n  b c.jpg \n\t\nlast", ListFormat::kText));
  EXPECT_THAT(list.paths, ElementsAre("# 1.jpg", "  b c.jpg ", "last"));
  EXPECT_THAT(list.problems, IsEmpty());
  ASSERT_OK_AND_ASSIGN(const ListText with_nul,
                       parse_list(std::string_view("a\nb\0c\n", 6), ListFormat::kText));
  EXPECT_THAT(problem_lines(with_nul), ElementsAre(2));
  EXPECT_THAT(parse_list("\xff\xfe"
                         "a\0",
                         ListFormat::kText),
              FailsWith(Code::kUnsupported));
}

TEST(ListText, csv_follows_rfc_4180) {
  ASSERT_OK_AND_ASSIGN(const ListText list, parse_list("id, path ,text\r\n"
                                                       "1,a.jpg,x\r\n"
                                                       "\r\n"
                                                       "2,\"b, \"\"c\"\".jpg\",\"two\nlines\"\r\n"
                                                       "3\r\n"
                                                       "4,,x\r\n"
                                                       "5,d.jpg",
                                                       ListFormat::kCsv));
  EXPECT_THAT(list.paths, ElementsAre("a.jpg", "b, \"c\".jpg", "d.jpg"));
  EXPECT_THAT(problem_lines(list), ElementsAre(6, 7));
}

TEST(ListText, csv_says_what_it_lacks) {
  EXPECT_THAT(parse_list("id,name\n1,a\n", ListFormat::kCsv),
              FailsWith(Code::kInvalidArgument, HasSubstr("image_path")));
  ASSERT_OK_AND_ASSIGN(const ListText open_quote, parse_list("path\n\"a.jpg\nb", ListFormat::kCsv));
  EXPECT_THAT(open_quote.paths, IsEmpty());
  EXPECT_THAT(problem_lines(open_quote), ElementsAre(2));
  ASSERT_OK_AND_ASSIGN(const ListText nothing, parse_list("", ListFormat::kCsv));
  EXPECT_THAT(nothing.paths, IsEmpty());
}

TEST(ListText, json_lines_take_the_first_known_key) {
  ASSERT_OK_AND_ASSIGN(const ListText list,
                       parse_list("{\"file\": \"no.jpg\", \"path\": \"\\u00e4.jpg\"}\r\n"
                                  "\n"
                                  "{\"image_path\": \"b.jpg\", \"caption\": {\"x\": [1]}}\n"
                                  "{\"caption\": \"none\"}\n"
                                  "{\"path\": 3}\n"
                                  "[1]\n"
                                  "{\"path\": \"a\n"
                                  "{\"path\": \"a\\u0000b\"}\n"
                                  "{\"file_name\": \"c.jpg\"}",
                                  ListFormat::kJsonLines));
  EXPECT_THAT(list.paths, ElementsAre("\xc3\xa4.jpg", "b.jpg", "c.jpg"));
  EXPECT_THAT(problem_lines(list), ElementsAre(4, 5, 6, 7, 8));
}

TEST(ListText, survives_deep_json) {
  const std::string deep = "{\"path\":" + std::string(200'000, '[');
  ASSERT_OK_AND_ASSIGN(const ListText list, parse_list(deep, ListFormat::kJsonLines));
  EXPECT_THAT(problem_lines(list), ElementsAre(1));
  ASSERT_OK_AND_ASSIGN(const ListText closed,
                       parse_list("{\"x\":" + std::string(200'000, '[') +
                                      std::string(200'000, ']') + ",\"path\":\"a\"}",
                                  ListFormat::kJsonLines));
  EXPECT_THAT(closed.paths, ElementsAre("a"));
}

TEST(ListText, format_is_guessed_by_the_first_line) {
  EXPECT_EQ(guess_list_format("\n{\"path\": 1}"), ListFormat::kJsonLines);
  EXPECT_EQ(guess_list_format("\xef\xbb\xbfid,\"path\"\r\n1,a"), ListFormat::kCsv);
  EXPECT_EQ(guess_list_format("a/path,b.jpg\npath"), ListFormat::kText);
  EXPECT_EQ(guess_list_format(""), ListFormat::kText);
}

TEST(ListSource, resolves_against_its_folder_and_keeps_paths_as_written_in_keys) {
  TestFolder folder;
  folder.write("pictures/a.jpg", "A");
  folder.write("lists/b#1.jpg", "B");
  const std::string absolute = folder / "pictures/a.jpg";
  const std::string location = folder.write(
      "lists/some.txt", "../pictures/a.jpg\nb#1.jpg\n" + absolute + "\nb#1.jpg\nmissing.jpg\n");
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_source(location));
  EXPECT_THAT(listed.keys(), ElementsAre("some.txt/../pictures/a.jpg", "some.txt/" + absolute,
                                         "some.txt/b%231.jpg", "some.txt/missing.jpg"));
  EXPECT_THAT(listed.failures(), IsEmpty());
  EXPECT_EQ(listed.entry("some.txt/../pictures/a.jpg").path(), "__/pictures/a.jpg");
  EXPECT_EQ(listed.entry("some.txt/b%231.jpg").bytes, 1u);
  EXPECT_NE(listed.entry("some.txt/b%231.jpg").mtime_ns, 0);
  EXPECT_EQ(listed.read("some.txt/../pictures/a.jpg"), "A");
  EXPECT_EQ(listed.read("some.txt/" + absolute), "A");
  EXPECT_EQ(listed.source->file_of(listed.entry("some.txt/" + absolute)), absolute);
  EXPECT_EQ(listed.read("some.txt/b%231.jpg"), "B");
  EXPECT_THAT(listed.read("some.txt/missing.jpg"),
              FailsWith(Code::kNotFound, HasSubstr("missing.jpg")));
}

TEST(ListSource, bad_lines_are_failures_and_the_rest_goes_on) {
  TestFolder folder;
  const std::string location = folder.write("l.jsonl", "{\"path\": \"a.jpg\"}\nnonsense\n");
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_source(location));
  EXPECT_THAT(listed.keys(), ElementsAre("l.jsonl/a.jpg"));
  EXPECT_THAT(listed.failures(), ElementsAre(Pair("l.jsonl#line=2", Code::kCorruptInput)));
  EXPECT_THAT(listed.listing.failures[0].status.message(), HasSubstr("line 2"));
  EXPECT_THAT(list_source(folder.write("bad.csv", "a,b\n")),
              FailsWith(Code::kInvalidArgument, HasSubstr("bad.csv")));
}

TEST(ListSource, standard_input_is_a_list) {
  TestFolder folder;
  const std::string path = folder.write("a.jpg", "A");
  ASSERT_OK_AND_ASSIGN(const ListedSource listed,
                       list_source("-", {}, "{\"file\": \"" + path + "\"}\n"));
  EXPECT_THAT(listed.keys(), ElementsAre("stdin/" + path));
  EXPECT_EQ(listed.read("stdin/" + path), "A");
}

}  // namespace
}  // namespace imagemill
