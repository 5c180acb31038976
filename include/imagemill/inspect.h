// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a heap of pictures is, before anything is made of it: formats, sizes, colours, what is
// broken, blurred, badly exposed or there twice.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "imagemill/cancel.h"
#include "imagemill/events.h"
#include "imagemill/image.h"
#include "imagemill/job.h"
#include "imagemill/status.h"

namespace imagemill {

struct InspectSpec {
  std::vector<std::string> inputs;
  std::map<std::string, std::string> options;  // names and values of inspect_options()
  std::string standard_input;                  // the list that input "-" stands for
  std::string codec_host;   // path of imagemill-codec; "": formats that need it are refused
  std::string work_folder;  // empty or not there yet; the caller removes it afterwards
};

// Those of run_options() that make sense where nothing is written.
std::span<const OptionSpec> inspect_options();

struct Tally {
  std::string name;
  int64_t count = 0;
};

struct FileProblem {
  std::string key;
  std::string stage;  // "" for damage
  std::string text;
};

// Files with the same bytes.
struct DuplicateGroup {
  std::string hash;
  uint64_t bytes = 0;  // of one
  std::vector<std::string> keys;
};

// Below or above these (quality's measures at 512 pixels) a picture is listed.
inline constexpr double kBlurredSharpness = 50;  // less: no detail finer than some four pixels
inline constexpr double kDarkMean = 0.12;        // less: a night shot, or underexposed
inline constexpr double kBlownShare = 0.25;      // more of it white: overexposed, or on white

struct CollectionReport {
  bool is_whole = true;  // false: stopped before the end
  int64_t files = 0;     // pictures + broken + others
  int64_t pictures = 0;
  int64_t others = 0;  // no pictures by content and name
  uint64_t bytes = 0;  // of the pictures

  // Counts of pictures; the most frequent first unless said otherwise.
  std::vector<Tally> formats;
  std::vector<Tally> megapixels;     // ascending classes
  std::vector<Tally> aspects;        // as seen: "3:2", "2:3" ..., "other"
  std::vector<Tally> orientations;   // EXIF: "1 upright" ..., ascending
  std::vector<Tally> pixel_formats;  // "ycbcr8 4:2:0", "rgb16+alpha" ...
  std::vector<Tally> profiles;       // names of embedded profiles, "none"
  Size smallest;                     // by number of pixels, as seen
  Size median;
  Size largest;

  std::vector<FileProblem> broken;   // not readable at all
  std::vector<FileProblem> damaged;  // readable in part
  double sharpness_median = 0;
  std::vector<std::string> blurred;  // keys, without the blank ones
  std::vector<std::string> blank;
  std::vector<std::string> dark;
  std::vector<std::string> blown;
  std::vector<DuplicateGroup> duplicates;  // the largest groups first
};

// Reads and measures every picture. Errors: as of Engine::run; kInternal and others when the run
// failed on the way. Cancelled: what was read until then.
Result<CollectionReport> inspect(const InspectSpec& spec, Listener& listener,
                                 const CancelToken& cancel);

// One object; the fields of the struct.
std::string to_json(const CollectionReport& report);

}  // namespace imagemill
