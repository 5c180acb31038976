// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What can be asked of Imagemill, in words. One OptionSpec row gives the command-line flag, the
// recipe's YAML key, the help line and the JSON Schema; values are checked against it at the edge
// and typed from there on.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

enum class OptionKind : uint8_t {
  kFlag,     // true | false; on the command line --name and --no-name
  kInteger,  // within [min, max]
  kReal,     // within [min, max]
  kChoice,   // one of `choices`, separated by '|'
  kText,
  kTexts,  // may be given several times; joined by '\n'
  kBytes,  // 512M, 2G, 1048576
  kSize,   // N (a square) or WxH, pixels
  kColor,  // #rrggbb, white, black, gray
};

struct OptionSpec {
  std::string_view name;  // "no-enlarge" style, without dashes in front
  OptionKind kind = OptionKind::kText;
  std::string_view default_value;  // "": none
  std::string_view help;           // one sentence without a full stop
  std::string_view choices = {};
  double min = 0;
  double max = 0;
  // False for what cannot change the outputs (threads, progress): a resumed run may differ in it.
  bool affects_results = true;
};

// Values that fit their specs. Reading a name that the specs lack, or as another kind, is a bug.
class OptionValues {
 public:
  // `given` maps names to texts. Errors: kInvalidArgument, naming the nearest option or choice.
  static Result<OptionValues> parse(std::span<const OptionSpec> specs,
                                    const std::map<std::string, std::string>& given);

  bool flag(std::string_view name) const;
  int64_t integer(std::string_view name) const;
  double real(std::string_view name) const;
  const std::string& text(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;
  uint64_t bytes(std::string_view name) const;
  std::optional<Size> size(std::string_view name) const;  // nullopt: not given
  uint32_t color(std::string_view name) const;            // 0xRRGGBB
  bool is_given(std::string_view name) const;             // by the user, not by default

  // Every value that affects results as text, defaults included: what a resumed run must repeat.
  const std::map<std::string, std::string>& fingerprint() const { return fingerprint_; }

 private:
  const std::string& get(std::string_view name) const;

  std::map<std::string, std::string, std::less<>> values_;
  std::map<std::string, std::string, std::less<>> given_;
  std::map<std::string, std::string> fingerprint_;
};

struct JobInfo {
  std::string_view name;
  std::string_view summary;  // one sentence
  std::span<const OptionSpec> options;
};

// Every job, in the order of the documentation.
std::span<const JobInfo> list_jobs();
// Null when there is no such job.
const JobInfo* find_job(std::string_view name);

// JSON Schema (2020-12) of options: takes what YAML or JSON make of the values that
// OptionValues::parse takes.
std::string option_schema_json(std::string_view title, std::span<const OptionSpec> options);

// A job and its options as the user gave them.
struct JobRequest {
  std::string name;
  std::map<std::string, std::string> options;
};

}  // namespace imagemill
