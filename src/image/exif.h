// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// EXIF blocks, as Metadata::exif carries them: a TIFF stream whose values are found by offsets from
// its first byte. A block is never taken apart and written anew: maker notes hold absolute offsets
// that nobody but the camera's maker can correct. Patches change bytes where they are.
//
// Every function may be called from any thread and takes hostile bytes.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

struct GpsPosition {
  double latitude_deg = 0;   // north positive
  double longitude_deg = 0;  // east positive
  std::optional<double> altitude_m;
};

struct ExifSummary {
  Orientation orientation = Orientation::kNormal;
  // ISO 8601, "2019-07-04T12:34:56[.25][+02:00]": the original's time, else the digitisation's,
  // else the file's; without an offset it is the camera's local time. "": not known.
  std::string taken_at;
  std::string camera_make;  // printable ASCII, at most 128 characters
  std::string camera_model;
  std::optional<GpsPosition> gps;
  std::optional<double> exposure_seconds;
  std::optional<double> f_number;
  std::optional<double> focal_length_mm;
  std::optional<uint32_t> iso;
  Size pixel_size;  // {0, 0}: not said
  // Where the block holds a JPEG thumbnail; bytes 0: it has none.
  size_t thumbnail_offset = 0;
  size_t thumbnail_bytes = 0;
};

// kCorruptInput when the block has no readable first directory. Whatever else is broken is left
// out.
Result<ExifSummary> read_exif(ByteSpan exif);

// Only the orientation: no allocation, one pass over the first directory. Bad or missing: kNormal.
Orientation exif_orientation(ByteSpan exif) noexcept;

struct ExifPatch {
  std::optional<Orientation> orientation = std::nullopt;  // written where the block has the tag
  Size pixel_size = {};                                   // likewise; {0, 0}: left alone
  bool drop_thumbnail = true;  // a changed picture no longer looks like it
  bool drop_gps = false;       // the GPS directory. Maker notes may tell the place too: where that
                               // matters, make_minimal_exif
};

// The same block with its bytes patched in place; never longer. Data of dropped directories is
// zeroed (except bytes that a kept tag uses as well) and cut off where it ends the block. Empty
// when the block has no first directory that lies wholly inside it: such a block is better dropped.
Bytes patch_exif(ByteSpan exif, const ExifPatch& patch);

// A small new block for pictures that are given away: orientation normal, the size, when the
// picture was taken. Nothing that names a person, a place or a device. Empty when the time is not
// known: the rest would say nothing.
Bytes make_minimal_exif(const ExifSummary& summary, Size pixel_size);

}  // namespace imagemill
