// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "source/glob.h"

#include <gtest/gtest.h>

#include "source/source.h"

namespace imagemill {
namespace {

struct Case {
  std::string_view pattern;
  std::string_view path;
  bool fits;
};

TEST(Glob, matches_as_documented) {
  const Case cases[] = {
      {"*.jpg", "a.jpg", true},
      {"*.jpg", "x/y/a.jpg", true},  // the name alone
      {"*.jpg", "a.jpg.png", false},
      {"*.jpg", "a.JPG", false},
      {"x/*.jpg", "x/a.jpg", true},
      {"x/*.jpg", "x/y/a.jpg", false},
      {"/x/*.jpg", "x/a.jpg", true},
      {"/a.jpg", "a.jpg", true},
      {"/a.jpg", "x/a.jpg", false},
      {"x/**", "x/y/a.jpg", true},
      {"x/**", "xy/a.jpg", false},
      {"x/", "x/y/a.jpg", true},
      {"x/", "y/x", false},
      {"**/a.jpg", "a.jpg", true},
      {"**/a.jpg", "x/y/a.jpg", true},
      {"**/a.jpg", "x/ba.jpg", false},
      {"x/**/a.jpg", "x/a.jpg", true},
      {"x/**/a.jpg", "x/y/z/a.jpg", true},
      {"x/**/a.jpg", "xa.jpg", false},
      {"**", "x/y", true},
      {"x/a**b", "x/a/c/b", true},
      {"?.jpg", "\xc3\xa4.jpg", true},
      {"?.jpg", "ab.jpg", false},
      {"a?b/c", "a/b/c", false},
      {"[abc].jpg", "b.jpg", true},
      {"[a-c][0-9].jpg", "c7.jpg", true},
      {"[!a-c].jpg", "d.jpg", true},
      {"[^a-c].jpg", "b.jpg", false},
      {"[]a].jpg", "].jpg", true},
      {"[\xc3\xa4-\xc3\xb6].jpg", "\xc3\xa5.jpg", true},
      {"a[/]b/c", "a/b/c", false},
      {"[abc.jpg", "[abc.jpg", true},
      {"{a,b}.jpg", "b.jpg", true},
      {"{a,b}.jpg", "c.jpg", false},
      {"*.{jpg,p{n,p}m,tif{,f}}", "a.ppm", true},
      {"*.{jpg,p{n,p}m,tif{,f}}", "a.tif", true},
      {"*.{jpg,p{n,p}m,tif{,f}}", "a.png", false},
      {"{x/a,y/b}.jpg", "y/b.jpg", true},
      {"{a,b.jpg", "{a,b.jpg", true},
      {"\\*.jpg", "*.jpg", true},
      {"\\*.jpg", "a.jpg", false},
      {"\\{a,b\\}", "{a,b}", true},
      {"a\\", "a\\", true},
      {"", "", true},
      {"", "a", false},
      {"?", "\xff", true},
      {"\xff*", "\xff.jpg", true},
  };
  for (const Case& c : cases)
    EXPECT_EQ(glob_matches(c.pattern, c.path), c.fits) << c.pattern << " on " << c.path;
}

// These take ages in a matcher that goes back.
TEST(Glob, takes_linear_time_for_hostile_patterns) {
  const std::string name(10'000, 'a');
  std::string stars;
  for (int i = 0; i < 100; ++i) stars += "*a";
  EXPECT_FALSE(glob_matches(stars + "b", name));
  std::string braces = "b";
  for (int i = 0; i < 100; ++i) braces = "{a,a}" + braces;
  EXPECT_FALSE(glob_matches(braces, name));
  EXPECT_FALSE(glob_matches(std::string(10'000, '{') + "/", "a"));
  EXPECT_FALSE(glob_matches(std::string(1'000, '{') + std::string(1'000, '}') + "b", "a"));
}

TEST(EntryFilter, keeps_what_is_included_and_not_excluded) {
  const std::string include[] = {"*.jpg", "*.png"};
  const std::string exclude[] = {"thumbs/**"};
  const EntryFilter filter(include, exclude);
  EXPECT_TRUE(filter.keeps("a/b.jpg"));
  EXPECT_FALSE(filter.keeps("a/b.txt"));
  EXPECT_FALSE(filter.keeps("thumbs/b.jpg"));
  EXPECT_TRUE(EntryFilter({}, exclude).keeps("a/b.txt"));
  EXPECT_TRUE(EntryFilter({}, {}).keeps_everything());
}

}  // namespace
}  // namespace imagemill
