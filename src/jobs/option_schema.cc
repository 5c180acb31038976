// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// JSON Schema of options. It takes what a reader of YAML or JSON makes of the texts that
// OptionValues::parse takes: `size: 1024` is a number there and `size: 640x480` a text, `enlarge:
// true` is no text. Numbers may stand in quotes, but for real ones, whose range no pattern holds.
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "imagemill/job.h"
#include "jobs/option_limits.h"

namespace imagemill {
namespace {

using Json = nlohmann::ordered_json;

Json scalar_types() { return {"string", "number", "boolean"}; }

// A pattern of the whole numbers from 0 to `most`; zeros may lead.
std::string up_to(uint64_t most) {
  const std::string digits = std::to_string(most);
  std::string pattern = "0*(?:" + digits;
  if (digits.size() > 1) pattern += fmt::format("|[0-9]{{1,{}}}", digits.size() - 1);
  // As many digits, the same up to a place and less there.
  for (size_t i = 0; i < digits.size(); ++i)
    if (digits[i] > '0')
      pattern += fmt::format("|{}[0-{}][0-9]{{{}}}", digits.substr(0, i),
                             static_cast<char>(digits[i] - 1), digits.size() - i - 1);
  return pattern + ")";
}

std::string whole_numbers(int64_t min, int64_t max) {
  IMAGEMILL_CHECK(max >= 0);
  const std::string positive = up_to(static_cast<uint64_t>(max));
  if (min > 0) return fmt::format("^(?!{}$){}$", up_to(static_cast<uint64_t>(min) - 1), positive);
  return fmt::format("^(?:-{}|{})$", up_to(-static_cast<uint64_t>(min)), positive);
}

std::string byte_counts() {
  std::string pattern = "^(?:" + up_to(UINT64_MAX) + "[Bb]?";
  int shift = 0;
  for (const char* unit : {"Kk", "Mm", "Gg", "Tt"}) {
    shift += 10;
    pattern += fmt::format("|{}[{}]i?[Bb]?", up_to(UINT64_MAX >> shift), unit);
  }
  return pattern + ")$";
}

std::string sizes() {
  const std::string side = "(?!0+(?:x|$))" + up_to(kSideMax);
  return fmt::format("^{0}(?:x{0})?$", side);
}

// As a text, and as what a reader makes of it: 8, true.
Json choices(std::string_view list) {
  Json out = Json::array();
  while (true) {
    const std::string_view choice = list.substr(0, list.find('|'));
    out.push_back(choice);
    int64_t number = 0;
    const char* const end = choice.data() + choice.size();
    if (const auto [rest, error] = std::from_chars(choice.data(), end, number);
        error == std::errc() && rest == end)
      out.push_back(number);
    else if (choice == "true" || choice == "false")
      out.push_back(choice == "true");
    if (choice.size() == list.size()) return out;
    list.remove_prefix(choice.size() + 1);
  }
}

void add_integer(Json& out, const OptionSpec& spec) {
  const bool is_bounded = spec.max > spec.min;
  const auto min = is_bounded ? static_cast<int64_t>(spec.min) : INT64_MIN;
  const auto max = is_bounded ? static_cast<int64_t>(spec.max) : INT64_MAX;
  out["type"] = {"integer", "string"};
  out["minimum"] = min;
  out["maximum"] = max;
  out["pattern"] = whole_numbers(min, max);
}

void add_type(Json& out, const OptionSpec& spec) {
  switch (spec.kind) {
    case OptionKind::kFlag:
      out["enum"] = {true, false, "true", "false"};
      return;
    case OptionKind::kInteger:
      return add_integer(out, spec);
    case OptionKind::kReal:
      out["type"] = "number";
      if (spec.max > spec.min) {
        out["minimum"] = spec.min;
        out["maximum"] = spec.max;
      }
      return;
    case OptionKind::kChoice:
      out["enum"] = choices(spec.choices);
      return;
    case OptionKind::kText:
      out["type"] = scalar_types();
      return;
    case OptionKind::kTexts:
      out["type"] = {"array", "string", "number", "boolean"};
      out["items"]["type"] = scalar_types();
      return;
    case OptionKind::kBytes:
      out["type"] = {"integer", "string"};
      out["minimum"] = 0;
      out["maximum"] = UINT64_MAX;
      out["pattern"] = byte_counts();
      return;
    case OptionKind::kSize:
      out["type"] = {"integer", "string"};
      out["minimum"] = 1;
      out["maximum"] = kSideMax;
      out["pattern"] = sizes();
      return;
    case OptionKind::kColor:
      out["type"] = "string";
      out["pattern"] = "^(?:white|black|gray|grey|#[0-9A-Fa-f]{6})$";
      return;
  }
}

Json schema_of(const OptionSpec& spec) {
  Json out = Json::object();
  add_type(out, spec);
  if (!spec.default_value.empty()) {
    const bool is_typed = spec.kind == OptionKind::kFlag || spec.kind == OptionKind::kInteger ||
                          spec.kind == OptionKind::kReal;
    out["default"] = is_typed ? Json::parse(spec.default_value) : Json(spec.default_value);
  }
  out["description"] = spec.help;
  return out;
}

}  // namespace

std::string option_schema_json(std::string_view title, std::span<const OptionSpec> options) {
  Json out;
  out["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  out["title"] = title;
  out["type"] = "object";
  out["additionalProperties"] = false;
  out["properties"] = Json::object();
  for (const OptionSpec& spec : options)
    out["properties"][std::string(spec.name)] = schema_of(spec);
  return out.dump(2);
}

}  // namespace imagemill
