// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Colour conversion: from what a file says its samples mean (an ICC profile, coded primaries and
// transfer, or nothing) to sRGB or linear BT.709. Meant for the small picture, after the shrink.
//
// What becomes what:
//   ICC profile         perceptual intent without black point compensation of our own, which is
//   what
//                       Pillow and libvips do by default. For curve-and-matrix profiles all intents
//                       give the relative colorimetric result.
//   P3, BT.2020         matrix to BT.709 in linear light; what lies outside is clipped.
//   sRGB, BT.709        the sRGB curve. BT.709 video curves describe the camera, not the display:
//   like
//                       browsers and image viewers, stills coded so are shown as sRGB.
//   PQ, HLG             linear light with BT.2408 reference white (203 nits) = 1; HLG through the
//                       OOTF of a 1000-nit display (gamma 1.2). To integers: tone mapped by the
//                       BT.2390 EETF from 1000 nits on the largest channel, which leaves tones up
//                       to about 0.43 of white alone and turns 203 nits into sRGB 0.90. To kF32:
//                       not tone mapped, not clipped: HDR pictures are compared there.
//   linear (EXR, HDR)   exposure 0: 1 is white, clipped, sRGB curve.
//   CMYK without ICC    (255-C)(255-K)/255, as Pillow's convert("RGB"): no claim to be accurate.
//   alpha               carried over, rescaled to the sample type, untouched otherwise.
//
// YCbCr is not converted here: the resize graph turns it into RGB.
#pragma once

#include <list>
#include <memory>
#include <mutex>

#include "base/hash.h"
#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

// Where to. kU8, kU16: sRGB. kF32: linear BT.709.
struct ColorTarget {
  SampleType sample = SampleType::kU8;
  bool gray_to_rgb = false;  // else gray stays gray

  bool operator==(const ColorTarget&) const = default;
};

// Whether samples can be taken for sRGB as they are. Looks into an ICC profile (see
// ColorProfile::is_srgb); a broken one is not sRGB.
bool is_srgb(const ColorSpace& space);

// Immutable: any thread may call apply().
class ColorTransform {
 public:
  // Errors: kInvalidArgument (YCbCr; kF16 as target), kCorruptInput (the profile is broken or is
  // not for this colour model: assume sRGB, say so, and go on).
  static Result<std::shared_ptr<const ColorTransform>> make(const PixelFormat& source,
                                                            const ColorSpace& space,
                                                            const ColorTarget& target);
  virtual ~ColorTransform() = default;

  const PixelFormat& source() const { return source_; }
  const PixelFormat& destination() const { return destination_; }
  // Nothing to do: apply() returns the same pixels.
  bool is_identity() const { return is_identity_; }

  // The picture must have the source format. kResourceExhausted when there is no memory.
  Result<Image> apply(const Image& image) const;

  // One row of colour channels (alpha is not its business); out and in as many as the formats have.
  virtual void row(void* const* out, const void* const* in, int width) const = 0;

 protected:
  ColorTransform() = default;

 private:
  PixelFormat source_;
  PixelFormat destination_;
  TransferFunction transfer_ = TransferFunction::kSrgb;
  bool is_identity_ = false;
};

// The last used transforms, by content of the profile. Any thread may call get(); two that miss at
// once both make the transform.
class ColorTransformCache {
 public:
  explicit ColorTransformCache(size_t capacity = 16) : capacity_(capacity) {}

  // As ColorTransform::make.
  Result<std::shared_ptr<const ColorTransform>> get(const PixelFormat& source,
                                                    const ColorSpace& space,
                                                    const ColorTarget& target);

 private:
  struct Key {
    PixelFormat source;
    ColorTarget target;
    TransferFunction transfer{};
    Primaries primaries{};
    size_t icc_bytes = 0;
    ContentHash icc;
    bool operator==(const Key&) const = default;
  };
  struct Entry {
    Key key;
    std::shared_ptr<const ColorTransform> transform;
  };

  const size_t capacity_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // guarded by mutex_; most recently used first
};

}  // namespace imagemill
