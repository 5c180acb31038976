// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "imagemill/engine.h"
#include "support/json_schema.h"

namespace imagemill {
namespace {

using nlohmann::json;

TEST(RecipeSchema, takes_recipes_and_refuses_what_the_program_refuses) {
  const json schema = json::parse(recipe_schema_json());
  EXPECT_EQ(schema["title"], "recipe");
  const json recipe = json::parse(R"({
      "jobs": ["prepare", "thumbs"], "exclude": ["*_edited.jpg"], "max-memory": 0,
      "prepare": {"size": 1024, "format": "png", "bit-depth": 8, "enlarge": true},
      "thumbs": {"size": 160, "where": "item.width > 100"}})");
  // JSON is YAML: the program reads it, too.
  RunSpec spec;
  EXPECT_TRUE(apply_recipe(recipe.dump(), spec).has_value());
  EXPECT_TRUE(fits_schema(recipe, schema));
  EXPECT_TRUE(fits_schema({{"jobs", "quality"}}, schema));
  for (const char* wrong : {R"({"jobs": ["prepar"]})", R"({"sise": 3})",
                            R"({"prepare": {"sise": 3}})", R"({"prepare": {"size": 0}})",
                            R"({"prepare": 5})", R"({"max-memory": "5i"})", R"({"threads": [1]})"})
    EXPECT_FALSE(fits_schema(json::parse(wrong), schema)) << wrong;
}

}  // namespace
}  // namespace imagemill
