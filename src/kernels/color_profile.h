// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// ICC profiles. Little CMS appears behind this header only (without its GPL fast-float plug-in).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "imagemill/image.h"
#include "imagemill/status.h"
#include "kernels/matrix_shaper.h"

namespace imagemill {

// A conversion of interleaved pixels, for profiles that are more than curves and a matrix.
// Any thread may call pixels().
class IccTransform {
 public:
  ~IccTransform();
  void pixels(void* out, const void* in, int count) const;

 private:
  friend class ColorProfile;
  struct Handles;
  explicit IccTransform(std::unique_ptr<Handles> handles);
  std::unique_ptr<Handles> handles_;
};

// What the profile of a picture says about its samples.
class ColorProfile {
 public:
  // kCorruptInput: not a profile, or one that cannot describe a picture (a device link, a named
  // colour list, a channel count that no Image has).
  static Result<ColorProfile> open(ByteSpan icc);
  ColorProfile(ColorProfile&&) noexcept;
  ColorProfile& operator=(ColorProfile&&) noexcept;
  ~ColorProfile();

  ColorModel model() const;  // kGray, kRgb or kCmyk

  // What its maker calls it: printable ASCII, at most 128 characters; "" when it has no name.
  std::string description() const;

  // By content, not by name: colorants and curves give what sRGB gives within about two 8-bit
  // codes, as the many compact and rounded "sRGB" profiles do. Gray: the curve alone.
  bool is_srgb() const;

  // Three curves and a matrix to linear BT.709, where that is all the profile has. `in`, `out` and
  // the rendering are the caller's to fill in.
  std::optional<MatrixShaperSpec> matrix_shaper() const;

  // To sRGB (kU8, kU16) or linear BT.709 (kF32), gray to gray, else RGB, by the perceptual intent:
  // the default of Pillow and libvips. Profiles without a perceptual table give their colorimetric
  // one. `in`: kU8, kU16 or kF32. A CMYK transform from 8 bits takes about a tenth of a second to
  // make.
  Result<std::unique_ptr<IccTransform>> transform(SampleType in, SampleType out) const;

 private:
  struct Handles;
  explicit ColorProfile(std::unique_ptr<Handles> handles);
  std::unique_ptr<Handles> handles_;
};

// What a file says about its colours: the profile's own name, or the coded colour space; "" when it
// says nothing or sRGB without a profile.
std::string profile_name(const ColorSpace& space);

// A version 4 RGB profile for files that Imagemill writes. kUnsupported for PQ and HLG: curves
// cannot say them.
Result<Bytes> make_icc_profile(Primaries primaries, TransferFunction transfer);

}  // namespace imagemill
