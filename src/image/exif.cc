// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "image/exif.h"

#include <algorithm>
#include <string_view>

#include "image/tiff_ifd.h"

namespace imagemill {
namespace {

constexpr size_t kMaxText = 128;

Orientation orientation_of(const TiffBlock& block) {
  const auto value = block.integer(block.first(), ExifTag::kOrientation);
  return value && *value >= 1 && *value <= 8 ? static_cast<Orientation>(*value)
                                             : Orientation::kNormal;
}

// Up to the first NUL, without blanks at the end; what is not printable ASCII becomes '?'.
std::string text(const TiffBlock& block, const TiffDirectory& table, ExifTag tag) {
  const auto entry = block.find(table, tag);
  if (!entry || entry->type != static_cast<uint16_t>(TiffType::kAscii)) return "";
  std::string_view seen = as_text(block.bytes(entry->value));
  seen = seen.substr(0, std::min(seen.find('\0'), kMaxText));
  seen = seen.substr(0, seen.find_last_not_of(' ') + 1);
  std::string out(seen);
  std::ranges::replace_if(out, [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return out;
}

std::optional<double> rational(const TiffBlock& block, const TiffEntry& entry, size_t index = 0) {
  if (entry.value.size() / 8 <= index) return std::nullopt;
  const size_t at = entry.value.begin + 8 * index;
  const uint32_t numerator = block.u32(at);
  const uint32_t denominator = block.u32(at + 4);
  if (denominator == 0) return std::nullopt;
  if (entry.type == static_cast<uint16_t>(TiffType::kRational))
    return static_cast<double>(numerator) / denominator;
  if (entry.type == static_cast<uint16_t>(TiffType::kSignedRational))
    return static_cast<double>(static_cast<int32_t>(numerator)) / static_cast<int32_t>(denominator);
  return std::nullopt;
}

// Cameras write 0/1 for "unknown".
std::optional<double> positive(const TiffBlock& block, const TiffDirectory& table, ExifTag tag) {
  const auto entry = block.find(table, tag);
  const auto value = entry ? rational(block, *entry) : std::nullopt;
  return value && *value > 0 ? value : std::nullopt;
}

bool all_digits(std::string_view s) {
  return !s.empty() && s.find_first_not_of("0123456789") == std::string_view::npos;
}

bool matches(std::string_view s, std::string_view pattern) {
  return s.size() == pattern.size() && std::ranges::equal(s, pattern, [](char c, char p) {
           return p == '0' ? c >= '0' && c <= '9' : c == p;
         });
}

int number(std::string_view digits) {
  int out = 0;
  for (const char c : digits) out = 10 * out + (c - '0');
  return out;
}

// "" for a time that is not one: blanks and zeros stand for "unknown".
std::string iso_time(std::string_view date_time, std::string_view sub_second,
                     std::string_view offset) {
  if (!matches(date_time, "0000:00:00 00:00:00")) return "";
  const int month = number(date_time.substr(5, 2));
  const int day = number(date_time.substr(8, 2));
  if (number(date_time.substr(0, 4)) == 0 || month < 1 || month > 12 || day < 1 || day > 31 ||
      number(date_time.substr(11, 2)) > 23 || number(date_time.substr(14, 2)) > 59 ||
      number(date_time.substr(17, 2)) > 60)
    return "";
  std::string out(date_time);
  out[4] = out[7] = '-';
  out[10] = 'T';
  if (all_digits(sub_second)) out.append(".").append(sub_second.substr(0, 9));
  if (matches(offset, "+00:00") || matches(offset, "-00:00")) out += offset;
  return out;
}

struct TimeTags {
  ExifTag date_time, sub_second, offset;
};

std::string time_taken(const TiffBlock& block, const std::optional<TiffDirectory>& exif) {
  if (exif) {
    constexpr TimeTags kTimes[] = {
        {ExifTag::kDateTimeOriginal, ExifTag::kSubSecTimeOriginal, ExifTag::kOffsetTimeOriginal},
        {ExifTag::kDateTimeDigitized, ExifTag::kSubSecTimeDigitized,
         ExifTag::kOffsetTimeDigitized}};
    for (const TimeTags& tags : kTimes) {
      std::string time =
          iso_time(text(block, *exif, tags.date_time), text(block, *exif, tags.sub_second),
                   text(block, *exif, tags.offset));
      if (!time.empty()) return time;
    }
  }
  return iso_time(text(block, block.first(), ExifTag::kDateTime),
                  exif ? text(block, *exif, ExifTag::kSubSecTime) : "",
                  exif ? text(block, *exif, ExifTag::kOffsetTime) : "");
}

// Degrees, minutes, seconds. Minutes or seconds of 0/0 occur where the degrees have decimals.
std::optional<double> degrees(const TiffBlock& block, const TiffDirectory& gps, ExifTag tag,
                              ExifTag ref_tag, char positive_ref, char negative_ref, double limit) {
  const auto entry = block.find(gps, tag);
  const std::string ref = text(block, gps, ref_tag);
  const auto whole = entry ? rational(block, *entry) : std::nullopt;
  if (!whole || ref.empty() || (ref[0] != positive_ref && ref[0] != negative_ref))
    return std::nullopt;
  const double value = *whole + rational(block, *entry, 1).value_or(0) / 60 +
                       rational(block, *entry, 2).value_or(0) / 3600;
  if (!(value >= 0 && value <= limit)) return std::nullopt;
  return ref[0] == negative_ref ? -value : value;
}

std::optional<GpsPosition> gps_position(const TiffBlock& block) {
  const auto gps = block.linked(block.first(), ExifTag::kGpsIfd);
  if (!gps) return std::nullopt;
  const auto latitude =
      degrees(block, *gps, ExifTag::kGpsLatitude, ExifTag::kGpsLatitudeRef, 'N', 'S', 90);
  const auto longitude =
      degrees(block, *gps, ExifTag::kGpsLongitude, ExifTag::kGpsLongitudeRef, 'E', 'W', 180);
  if (!latitude || !longitude) return std::nullopt;
  GpsPosition position{*latitude, *longitude, std::nullopt};
  if (const auto entry = block.find(*gps, ExifTag::kGpsAltitude)) {
    const bool below_sea = block.integer(*gps, ExifTag::kGpsAltitudeRef).value_or(0) == 1;
    if (const auto value = rational(block, *entry))
      position.altitude_m = below_sea ? -*value : *value;
  }
  return position;
}

void read_capture(const TiffBlock& block, const TiffDirectory& exif, ExifSummary& out) {
  out.exposure_seconds = positive(block, exif, ExifTag::kExposureTime);
  out.f_number = positive(block, exif, ExifTag::kFNumber);
  out.focal_length_mm = positive(block, exif, ExifTag::kFocalLength);
  const auto iso = block.integer(exif, ExifTag::kIso);
  if (iso && *iso > 0) out.iso = iso;
  const auto width = block.integer(exif, ExifTag::kPixelXDimension);
  const auto height = block.integer(exif, ExifTag::kPixelYDimension);
  if (width && height && *width > 0 && *height > 0 && *width <= INT32_MAX && *height <= INT32_MAX)
    out.pixel_size = {static_cast<int>(*width), static_cast<int>(*height)};
}

void read_thumbnail(const TiffBlock& block, ExifSummary& out) {
  const auto ifd1 = block.next(block.first());
  if (!ifd1) return;
  const auto offset = block.integer(*ifd1, ExifTag::kJpegOffset);
  const auto length = block.integer(*ifd1, ExifTag::kJpegLength);
  if (!offset || !length || *offset > block.size() || *length > block.size() - *offset ||
      *length < 2 || block.u16(*offset) != (block.is_big_endian() ? 0xFFD8 : 0xD8FF))
    return;
  out.thumbnail_offset = *offset;
  out.thumbnail_bytes = *length;
}

}  // namespace

Result<ExifSummary> read_exif(ByteSpan exif) {
  const auto block = TiffBlock::open(exif);
  if (!block)
    return fail(Code::kCorruptInput, "EXIF: {} bytes without a readable first directory",
                exif.size());
  ExifSummary out;
  out.orientation = orientation_of(*block);
  out.camera_make = text(*block, block->first(), ExifTag::kMake);
  out.camera_model = text(*block, block->first(), ExifTag::kModel);
  const auto capture = block->linked(block->first(), ExifTag::kExifIfd);
  out.taken_at = time_taken(*block, capture);
  out.gps = gps_position(*block);
  if (capture) read_capture(*block, *capture, out);
  read_thumbnail(*block, out);
  return out;
}

Orientation exif_orientation(ByteSpan exif) noexcept {
  const auto block = TiffBlock::open(exif);
  return block ? orientation_of(*block) : Orientation::kNormal;
}

}  // namespace imagemill
