// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/likeness.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/orient.h"

namespace imagemill {
namespace {

// Further apart, one of them was cut or stretched.
constexpr double kAspectTolerance = 0.02;
// Differences of mean luma and colourfulness that nobody overlooks.
constexpr double kBrightnessTolerance = 0.04;
constexpr double kColourTolerance = 0.04;

bool has_same_aspect(Size a, Size b) {
  const double ratio =
      static_cast<double>(a.width) * b.height / (static_cast<double>(b.width) * a.height);
  return std::abs(ratio - 1) <= kAspectTolerance;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (size_t i = 0; i < words.size(); ++i)
    out += (i == 0 ? "" : i + 1 < words.size() ? ", " : " and ") + words[i];
  return out;
}

std::string verdict_of_same(const Comparison& c) {
  std::vector<std::string> what;
  if (c.turn != Orientation::kNormal) what.emplace_back(turn_name(c.turn));
  if (oriented(c.b.size, c.turn) != c.a.size) what.emplace_back("resized");
  if (std::abs(c.brighter) > kBrightnessTolerance)
    what.emplace_back(c.brighter > 0 ? "made brighter" : "made darker");
  if (std::abs(c.colourful) > kColourTolerance)
    what.emplace_back(c.colourful > 0 ? "with more colour" : "with less colour");
  if (what.empty()) what.emplace_back("re-encoded");
  return "the same picture, " + joined(what);
}

std::string verdict_of_similar(const Comparison& c) {
  if (!has_same_aspect(oriented(c.b.size, c.turn), c.a.size))
    return "similar pictures of other proportions: cropped, stretched or another shot";
  return "similar pictures: edited, or another shot of the same thing";
}

}  // namespace

Likeness likeness_of(const Comparison& c) {
  const bool near_hashes =
      c.phash_distance <= kSimilarPhashDistance && c.dhash_distance <= kSimilarDhashDistance;
  const bool same_aspect = has_same_aspect(oriented(c.b.size, c.turn), c.a.size);
  if (same_aspect && c.ssim >= kSamePictureSsim && (near_hashes || c.is_blank))
    return Likeness::kSamePicture;
  return near_hashes && !c.is_blank ? Likeness::kSimilar : Likeness::kDifferent;
}

std::string verdict_of(const Comparison& c) {
  switch (c.likeness) {
    case Likeness::kSameFile:
      return "the same file, byte for byte";
    case Likeness::kSamePixels:
      return "the same picture in another file: every pixel is equal";
    case Likeness::kSamePicture:
      return verdict_of_same(c);
    case Likeness::kSimilar:
      return verdict_of_similar(c);
    case Likeness::kDifferent:
      break;
  }
  return "different pictures";
}

std::string_view likeness_name(Likeness likeness) {
  switch (likeness) {
    case Likeness::kSameFile:
      return "same_file";
    case Likeness::kSamePixels:
      return "same_pixels";
    case Likeness::kSamePicture:
      return "same_picture";
    case Likeness::kSimilar:
      return "similar";
    case Likeness::kDifferent:
      break;
  }
  return "different";
}

// What was done to a to get b: the way back of the turn.
std::string_view turn_name(Orientation turn) {
  switch (turn) {
    case Orientation::kNormal:
      return "as it is";
    case Orientation::kFlipHorizontal:
      return "mirrored";
    case Orientation::kRotate180:
      return "turned upside down";
    case Orientation::kFlipVertical:
      return "mirrored top to bottom";
    case Orientation::kTranspose:
      return "mirrored and turned left";
    case Orientation::kRotate90:
      return "turned left";
    case Orientation::kTransverse:
      return "mirrored and turned right";
    case Orientation::kRotate270:
      break;
  }
  return "turned right";
}

}  // namespace imagemill
