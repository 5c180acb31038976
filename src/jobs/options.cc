// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "imagemill/job.h"
#include "imagemill/text.h"
#include "jobs/option_limits.h"

namespace imagemill {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

template <typename T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<uint64_t> parse_bytes(std::string_view text) {
  int shift = 0;
  if (!text.empty() && (text.back() == 'B' || text.back() == 'b')) text.remove_suffix(1);
  const bool is_binary = !text.empty() && text.back() == 'i';
  if (is_binary) text.remove_suffix(1);
  if (!text.empty()) {
    const auto unit = std::string_view("KMGTkmgt").find(text.back());
    if (unit != std::string_view::npos) {
      shift = 10 * static_cast<int>(unit % 4 + 1);
      text.remove_suffix(1);
    }
  }
  const auto value = parse_number<uint64_t>(text);
  if ((is_binary && shift == 0) || !value || *value > UINT64_MAX >> shift) return std::nullopt;
  return *value << shift;
}

std::optional<Size> parse_size(std::string_view text) {
  const auto parts = split(text, 'x');
  if (parts.size() > 2) return std::nullopt;
  const auto width = parse_number<int>(parts.front());
  const auto height = parse_number<int>(parts.back());
  if (!width || !height || *width < 1 || *height < 1 || *width > kSideMax || *height > kSideMax)
    return std::nullopt;
  return Size{*width, *height};
}

std::optional<uint32_t> parse_color(std::string_view text) {
  if (text == "white") return 0xFFFFFF;
  if (text == "black") return 0x000000;
  if (text == "gray" || text == "grey") return 0x808080;
  if (text.size() != 7 || text.front() != '#') return std::nullopt;
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + 7, value, 16);
  if (error != std::errc() || end != text.data() + 7) return std::nullopt;
  return value;
}

std::unexpected<Status> bad_value(const OptionSpec& spec, std::string_view value,
                                  std::string_view expected) {
  return fail(Code::kInvalidArgument, "{}{}: '{}', expected {}", spec.name.size() == 1 ? "-" : "--",
              spec.name, value, expected);
}

template <typename T>
Result<> check_range(const OptionSpec& spec, std::string_view value, std::optional<T> number,
                     std::string_view kind) {
  // Written so that "nan" is within no range.
  const bool is_within =
      number && (spec.max <= spec.min || (static_cast<double>(*number) >= spec.min &&
                                          static_cast<double>(*number) <= spec.max));
  if (!is_within) {
    if (spec.max > spec.min)
      return bad_value(spec, value, fmt::format("{} from {} to {}", kind, spec.min, spec.max));
    return bad_value(spec, value, kind);
  }
  return {};
}

Result<> check_value(const OptionSpec& spec, std::string_view value) {
  switch (spec.kind) {
    case OptionKind::kFlag:
      if (value != "true" && value != "false") return bad_value(spec, value, "true or false");
      return {};
    case OptionKind::kInteger:
      return check_range(spec, value, parse_number<int64_t>(value), "a whole number");
    case OptionKind::kReal:
      return check_range(spec, value, parse_number<double>(value), "a number");
    case OptionKind::kChoice: {
      const auto choices = split(spec.choices, '|');
      if (std::ranges::find(choices, value) != choices.end()) return {};
      const std::string_view near = nearest_name(value, choices);
      return bad_value(spec, value,
                       near.empty()
                           ? fmt::format("one of {}", spec.choices)
                           : fmt::format("one of {} (did you mean '{}'?)", spec.choices, near));
    }
    case OptionKind::kBytes:
      if (!parse_bytes(value)) return bad_value(spec, value, "bytes, such as 512M or 2G");
      return {};
    case OptionKind::kSize:
      if (!parse_size(value)) return bad_value(spec, value, "N or WxH in pixels");
      return {};
    case OptionKind::kColor:
      if (!parse_color(value)) return bad_value(spec, value, "#rrggbb, white, black or gray");
      return {};
    case OptionKind::kText:
    case OptionKind::kTexts:
      return {};
  }
  return {};
}

}  // namespace

Result<OptionValues> OptionValues::parse(std::span<const OptionSpec> specs,
                                         const std::map<std::string, std::string>& given) {
  std::vector<std::string_view> names;
  for (const OptionSpec& spec : specs) names.push_back(spec.name);
  OptionValues out;
  for (const auto& [name, value] : given) {
    const auto spec = std::ranges::find(specs, name, &OptionSpec::name);
    if (spec == specs.end()) {
      const std::string_view near = nearest_name(name, names);
      return fail(Code::kInvalidArgument, "unknown option --{}{}", name,
                  near.empty() ? "" : fmt::format(" (did you mean --{}?)", near));
    }
    IMAGEMILL_TRY(check_value(*spec, value));
    out.given_.emplace(name, value);
  }
  for (const OptionSpec& spec : specs) {
    const auto it = out.given_.find(spec.name);
    const std::string value = it != out.given_.end() ? it->second : std::string(spec.default_value);
    out.values_.emplace(spec.name, value);
    if (spec.affects_results) out.fingerprint_.emplace(spec.name, value);
  }
  return out;
}

const std::string& OptionValues::get(std::string_view name) const {
  const auto it = values_.find(name);
  IMAGEMILL_CHECK(it != values_.end());
  return it->second;
}

bool OptionValues::flag(std::string_view name) const { return get(name) == "true"; }
int64_t OptionValues::integer(std::string_view name) const {
  return parse_number<int64_t>(get(name)).value_or(0);
}
double OptionValues::real(std::string_view name) const {
  return parse_number<double>(get(name)).value_or(0);
}
const std::string& OptionValues::text(std::string_view name) const { return get(name); }
uint64_t OptionValues::bytes(std::string_view name) const {
  return parse_bytes(get(name)).value_or(0);
}
std::optional<Size> OptionValues::size(std::string_view name) const {
  return parse_size(get(name));
}
uint32_t OptionValues::color(std::string_view name) const {
  return parse_color(get(name)).value_or(0);
}
bool OptionValues::is_given(std::string_view name) const { return given_.contains(name); }

std::vector<std::string> OptionValues::texts(std::string_view name) const {
  const std::string& joined = get(name);
  std::vector<std::string> out;
  if (joined.empty()) return out;
  for (const auto part : split(joined, '\n')) out.emplace_back(part);
  return out;
}

}  // namespace imagemill
