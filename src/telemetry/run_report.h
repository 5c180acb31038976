// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The record of a finished run, as run.json for programs and report.html for people. Pure: a
// struct in, text out. Both are bounded whatever the size of the run.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "imagemill/events.h"
#include "imagemill/status.h"
#include "telemetry/histogram.h"
#include "telemetry/timeline_recorder.h"

namespace imagemill {

struct NamedCount {
  std::string name;
  int64_t count = 0;
};

struct StageReport {
  StageSnapshot totals = {};
  Histogram item_ms = {};  // may be empty
};

struct RejectedItem {
  std::string key;
  std::string stage;
  std::string message;
};

struct RejectGroup {
  Code code = Code::kInternal;
  int64_t count = 0;
  std::vector<RejectedItem> examples = {};  // the first ones
};

// Counts every failure and keeps the first ones of each code, so that a million failures cost no
// more than a few hundred.
class RejectTally {
 public:
  explicit RejectTally(size_t examples_per_code = 50) : examples_per_code_(examples_per_code) {}
  void add(const ItemFailed& failed);
  std::vector<RejectGroup> groups() const;  // the most frequent first

 private:
  size_t examples_per_code_;
  std::map<Code, RejectGroup> groups_;
};

// Keeps the first warnings, cut where they are long, and counts the others.
class WarningTally {
 public:
  void add(const RunWarning& warning);
  const std::vector<RunWarning>& kept() const { return kept_; }
  int64_t left_out() const { return left_out_; }

 private:
  std::vector<RunWarning> kept_;
  int64_t left_out_ = 0;
};

// Done, but from a file with damage that could be worked around.
struct DamagedItem {
  std::string key;
  std::vector<std::string> warnings = {};
};

// An encoded picture small enough to stand in the report.
struct SamplePicture {
  std::string media_type;  // image/jpeg, image/png, image/webp; others are left out
  Bytes bytes = {};
  int width = 0;  // of the picture it stands for, as is file_bytes
  int height = 0;
  uint64_t file_bytes = 0;
};

struct Sample {
  std::string key;
  SamplePicture original = {};
  SamplePicture result = {};
};

struct RunReport {
  RunFinished finished = {};
  std::vector<std::string> jobs = {};
  std::vector<std::string> inputs = {};
  std::string output = {};
  std::string command = {};
  std::string started_at = {};  // ISO 8601
  std::map<std::string, std::string> options = {};
  std::map<std::string, std::string> versions = {};  // of Imagemill, libraries, models

  int threads = 0;
  int cores = 0;
  uint64_t max_memory_bytes = 0;
  uint64_t machine_memory_bytes = 0;
  double cpu_seconds = 0;
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;

  std::string bottleneck = {};
  std::vector<StageReport> stages = {};
  Timeline timeline = {};

  int64_t late_decodes = 0;  // beyond the planned one of each picture

  WarningTally warnings = {};  // of this try
  std::vector<RejectGroup> rejects = {};
  std::vector<DamagedItem> damaged = {};  // some of finished.damaged
  std::vector<Sample> samples = {};
  std::vector<NamedCount> formats = {};
  std::vector<NamedCount> sizes = {};         // of pictures, "1-4 MP"
  std::vector<NamedCount> orientations = {};  // "upright", "rotated left" ...
};

// Shown at most, of each kind; for the rest the report points at rejects.jsonl and the run store.
inline constexpr size_t kMostRejectsShown = 200;
inline constexpr size_t kMostDamagedShown = 100;
inline constexpr size_t kMostWarningsKept = 200;
inline constexpr size_t kMostWarningBytes = 2000;
inline constexpr size_t kMostSamplesShown = 12;
inline constexpr size_t kMostSampleBytes = 256 * 1024;  // a picture
inline constexpr size_t kMostTextShown = 500;           // bytes of one key or message

// One file that needs nothing else: no script, no request (a content security policy forbids
// both), light and dark, for a phone, a large screen and paper.
std::string to_html(const RunReport& report);

// run.json: everything but the sample pictures. `"schema": 1`; fields are only ever added.
std::string to_json(const RunReport& report);

}  // namespace imagemill
