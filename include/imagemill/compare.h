// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Whether two files hold the same picture, and what differs where they do.
#pragma once

#include <optional>
#include <string>

#include "imagemill/cancel.h"
#include "imagemill/embed_setup.h"
#include "imagemill/events.h"
#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

struct CompareSpec {
  std::string a;
  std::string b;
  EmbedSetup setup;  // with a model: the features are compared too
};

struct ComparedPicture {
  std::string path;
  uint64_t bytes = 0;
  std::string hash;          // of the content
  std::string format;        // "jpeg"
  Size size;                 // as it is seen
  int orientation = 1;       // EXIF
  std::string pixel_format;  // "ycbcr8 4:2:0"
  std::string profile;       // "": sRGB
  bool is_damaged = false;
};

enum class Likeness : uint8_t {
  kSameFile,     // byte for byte
  kSamePixels,   // sample for sample once upright and in sRGB
  kSamePicture,  // re-encoded, resized, mirrored or turned
  kSimilar,      // edited, cropped, or another shot
  kDifferent,
};

// The least structural similarity of one and the same picture, where the hashes are near.
inline constexpr double kSamePictureSsim = 0.8;
// The most that perceptual hashes of similar pictures differ in, of 64 bits. Of the 14,196 pairs of
// 169 photographs, in the nearest of eight ways round, one had a pHash distance of 12, all others
// of 16 and more.
inline constexpr int kSimilarPhashDistance = 10;
inline constexpr int kSimilarDhashDistance = 16;

struct Comparison {
  ComparedPicture a;
  ComparedPicture b;
  Likeness likeness = Likeness::kDifferent;
  std::string verdict;  // in plain words

  // How b has to be turned to come closest to a; everything below is of b turned so.
  Orientation turn = Orientation::kNormal;
  int phash_distance = 0;
  int dhash_distance = 0;
  bool is_blank = false;  // one of them: hashes say nothing then
  Size compared;          // of the lumas that these two are of
  double psnr = 0;        // dB; infinite for equal lumas
  double ssim = 0;
  double brighter = 0;   // mean luma of b minus that of a, -1 to 1
  double colourful = 0;  // the same of the distance between the largest and the least of R, G, B
  std::optional<double> cosine;  // of the features, as b is
};

// Errors: what keeps one of them from being read or decoded, named.
Result<Comparison> compare(const CompareSpec& spec, Listener& listener, const CancelToken& cancel);

// "same_file", "same_pixels" ...
std::string_view likeness_name(Likeness likeness);
// "as it is", "mirrored" ...
std::string_view turn_name(Orientation turn);

// One object; the fields of the struct.
std::string to_json(const Comparison& comparison);

}  // namespace imagemill
