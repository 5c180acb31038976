// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>

#include "imagemill/engine.h"
#include "imagemill/text.h"

namespace imagemill {
namespace {

constexpr size_t kRecipeBytesMax = 1 << 20;

// A list is joined by `separator`.
Result<std::string> text_of(const YAML::Node& value, const std::string& key, char separator) {
  if (value.IsScalar()) return value.Scalar();
  if (!value.IsSequence())
    return fail(Code::kInvalidArgument, "line {}: {}: expected a value", value.Mark().line + 1,
                key);
  std::string joined;
  for (const YAML::Node& part : value) {
    if (!part.IsScalar())
      return fail(Code::kInvalidArgument, "line {}: {}: expected a list of values",
                  part.Mark().line + 1, key);
    if (!joined.empty()) joined += separator;
    joined += part.Scalar();
  }
  return joined;
}

std::unexpected<Status> unknown_key(const std::string& key, const YAML::Node& at,
                                    std::span<const std::string_view> known) {
  const std::string_view near = nearest_name(key, known);
  return fail(Code::kInvalidArgument, "line {}: unknown key '{}'{}", at.Mark().line + 1, key,
              near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near));
}

// A known key. A value that does not fit is told here, where its line is known.
Result<> merge_option(const YAML::detail::iterator_value& pair, std::span<const OptionSpec> specs,
                      std::map<std::string, std::string>& options) {
  const std::string key = pair.first.Scalar();
  // Other options with several values have them in one text, separated by commas.
  const auto spec = std::ranges::find(specs, key, &OptionSpec::name);
  const char separator = spec->kind == OptionKind::kTexts ? '\n' : ',';
  IMAGEMILL_ASSIGN_OR_RETURN(std::string value, text_of(pair.second, key, separator));
  if (auto fits = OptionValues::parse(specs, {{key, value}}); !fits)
    return std::unexpected(
        std::move(fits).error().with_context(fmt::format("line {}", pair.first.Mark().line + 1)));
  options.emplace(key, std::move(value));  // what is there stays
  return {};
}

Result<> merge_options(const YAML::Node& map, std::span<const OptionSpec> specs,
                       std::map<std::string, std::string>& options) {
  if (!map.IsMap())
    return fail(Code::kInvalidArgument, "line {}: expected 'option: value' lines",
                map.Mark().line + 1);
  std::vector<std::string_view> known;
  for (const OptionSpec& spec : specs) known.push_back(spec.name);
  for (const auto& pair : map) {
    const std::string key = pair.first.Scalar();
    if (std::ranges::find(known, key) == known.end()) return unknown_key(key, pair.first, known);
    IMAGEMILL_TRY(merge_option(pair, specs, options));
  }
  return {};
}

// One name or a list of them.
Result<> merge_jobs(const YAML::Node& jobs, RunSpec& spec) {
  IMAGEMILL_ASSIGN_OR_RETURN(const std::string names, text_of(jobs, "jobs", '\n'));
  if (!spec.jobs.empty()) return {};  // what is there stays
  std::istringstream lines(names);
  for (std::string name; std::getline(lines, name);) spec.jobs.push_back({name, {}});
  return {};
}

Result<> merge(const YAML::Node& root, RunSpec& spec) {
  if (!root.IsMap()) return fail(Code::kInvalidArgument, "expected a mapping of options");
  if (const YAML::Node jobs = root["jobs"]) IMAGEMILL_TRY(merge_jobs(jobs, spec));
  std::vector<std::string_view> known = {"jobs"};
  for (const OptionSpec& option : run_options()) known.push_back(option.name);
  for (const JobInfo& job : list_jobs()) known.push_back(job.name);
  for (const auto& pair : root) {
    const std::string key = pair.first.Scalar();
    if (key == "jobs") continue;
    if (const JobInfo* job = find_job(key)) {
      const auto request = std::ranges::find(spec.jobs, key, &JobRequest::name);
      std::map<std::string, std::string> unused;
      IMAGEMILL_TRY(merge_options(pair.second, job->options,
                                  request != spec.jobs.end() ? request->options : unused));
    } else if (std::ranges::find(known, key) != known.end()) {
      IMAGEMILL_TRY(merge_option(pair, run_options(), spec.options));
    } else {
      return unknown_key(key, pair.first, known);
    }
  }
  return {};
}

// What says what a single run does is no habit of a user: a forgotten `restart: true` would throw
// every run's work away.
Result<> refuse_keys_of_one_run(const YAML::Node& root) {
  if (!root.IsMap()) return {};
  for (const std::string_view key : {"jobs", "shard", "restart", "dry-run"}) {
    for (const auto& pair : root)
      if (pair.first.Scalar() == key)
        return fail(Code::kInvalidArgument,
                    "line {}: '{}' is about a single run: it stands on the command line or in a "
                    "recipe, not in settings for all of them",
                    pair.first.Mark().line + 1, key);
  }
  return {};
}

Result<> apply(const std::string& yaml, bool is_settings, RunSpec& spec) {
  if (yaml.size() > kRecipeBytesMax)
    return fail(Code::kResourceExhausted, "{} bytes, expected at most {}", yaml.size(),
                kRecipeBytesMax);
  try {
    const YAML::Node root = YAML::Load(yaml);
    if (root.IsNull()) return {};
    if (is_settings) IMAGEMILL_TRY(refuse_keys_of_one_run(root));
    return merge(root, spec);
  } catch (const YAML::Exception& e) {
    return fail(Code::kInvalidArgument, "line {}: {}", e.mark.line + 1, e.msg);
  } catch (const std::exception& e) {
    return fail(Code::kInvalidArgument, "cannot be read as YAML: {}", e.what());
  }
}

}  // namespace

Result<> apply_recipe(const std::string& yaml, RunSpec& spec) { return apply(yaml, false, spec); }

Result<> apply_settings(const std::string& yaml, RunSpec& spec) { return apply(yaml, true, spec); }

}  // namespace imagemill
