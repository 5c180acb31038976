// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/json_path.h"

#include <gtest/gtest.h>

namespace imagemill {
namespace {

using Json = nlohmann::ordered_json;

TEST(JsonPath, loses_no_byte_on_the_way) {
  std::string all_bytes;
  for (int byte = 1; byte < 256; ++byte) all_bytes += static_cast<char>(byte);
  for (const std::string& path : {std::string("a/100%25.jpg"), std::string("日本/\n\".jpg"),
                                  std::string("caf\xe9/50%.jpg"), std::string(), all_bytes}) {
    Json object = Json::object();
    add_path(object, "path", path);
    add_paths(object, "paths", std::vector<std::string>{"plain", path});
    const Json read = Json::parse(object.dump());
    EXPECT_EQ(path_in(read, "path"), path);
    EXPECT_EQ(paths_in(read, "paths"), (std::vector<std::string>{"plain", path}));
  }
}

TEST(JsonPath, only_what_needs_it_is_encoded) {
  Json object = Json::object();
  add_path(object, "from", "a b%.jpg");
  add_path(object, "to", "caf\xe9 b.jpg");
  add_path_or_null(object, "aside", "");
  EXPECT_EQ(object.dump(),
            R"({"from":"a b%.jpg","to":"caf%E9%20b.jpg","encoded":["to"],"aside":null})");
  EXPECT_EQ(path_in(object, "aside"), "");
  EXPECT_EQ(path_in(object, "gone"), "");
}

TEST(JsonPath, any_json_can_be_read) {
  for (const char* text :
       {R"({"p":5,"encoded":"p"})", R"({"p":["a",5],"encoded":[5,"q"]})", "{}"}) {
    const Json object = Json::parse(text);
    EXPECT_EQ(path_in(object, "p"), "");
    EXPECT_LE(paths_in(object, "p").size(), 1u);
  }
}

}  // namespace
}  // namespace imagemill
