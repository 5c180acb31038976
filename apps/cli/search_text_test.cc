// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "search_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace imagemill::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

SearchReport report(std::vector<QueryResult> queries) {
  return {.output = "out",
          .model = "toy",
          .metric = "cosine",
          .index = "exact",
          .pictures = 1234,
          .dims = 3,
          .queries = std::move(queries)};
}

TEST(SearchText, lines_up_its_columns) {
  QueryResult query{.query = "q.jpg"};
  query.hits = {{.score = 1, .key = "in/a.jpg", .path = "in/a.jpg"},
                {.score = -0.25, .key = "in/更.jpg", .path = ""}};
  EXPECT_EQ(search_text(report({query})),
            "q.jpg\n"
            "  RANK     SCORE  KEY        PATH\n"
            "     1    1.0000  in/a.jpg   in/a.jpg\n"
            "     2   -0.2500  in/更.jpg  -\n"
            "\n"
            "1,234 pictures of out, by cosine: 1 is alike\n");
}

TEST(SearchText, shows_what_a_query_failed_of_and_obeys_no_file_name) {
  QueryResult query{.query = "\x1b[31mq.jpg"};
  query.error = "PNG: 20 bytes";
  const std::string text = search_text(report({query}));
  EXPECT_THAT(text, HasSubstr("\\x1b[31mq.jpg\n  PNG: 20 bytes\n"));
  EXPECT_THAT(text, Not(HasSubstr("RANK")));
}

TEST(SearchText, says_that_an_index_may_miss_some) {
  SearchReport with_index = report({});
  with_index.index = "hnsw";
  EXPECT_THAT(search_text(with_index), HasSubstr("may miss some"));
  EXPECT_THAT(search_text(report({})), Not(HasSubstr("may miss")));
}

}  // namespace
}  // namespace imagemill::cli
