// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/exif_thumbnail.h"

#include <algorithm>
#include <cmath>

#include "image/exif.h"

namespace imagemill {
namespace {

constexpr double kAspectTolerance = 0.02;
// Beyond what was promised for the picture: every plan has as much for small things.
constexpr uint64_t kSpareBytes = uint64_t{1} << 20;
constexpr std::string_view kExifPrefix{"Exif\0\0", 6};

std::unexpected<Status> unfit(std::string_view why) {
  return fail(Code::kNotFound, "EXIF thumbnail: {}", why);
}

// The content of the first EXIF marker; empty when there is none before the picture's data.
ByteSpan find_exif(ByteSpan jpeg) {
  constexpr uint8_t kStartOfScan = 0xDA, kApp1 = 0xE1, kFill = 0xFF;
  size_t at = 2;
  while (jpeg.size() - at >= 4) {
    const uint8_t* p = as_u8(jpeg) + at;
    if (p[0] != 0xFF) return {};
    if (p[1] == kFill) {
      ++at;
      continue;
    }
    if (p[1] == kStartOfScan) return {};
    const size_t length = read_u16(p + 2, true);  // itself included
    if (length < 2 || length > jpeg.size() - at - 2) return {};
    const ByteSpan content = jpeg.subspan(at + 4, length - 2);
    if (p[1] == kApp1 && as_text(content).starts_with(kExifPrefix))
      return content.subspan(kExifPrefix.size());
    at += 2 + length;
  }
  return {};
}

bool has_same_aspect(const ImageHeader& a, const ImageHeader& b) {
  const double ratio =
      (static_cast<double>(a.width) * b.height) / (static_cast<double>(a.height) * b.width);
  return std::abs(ratio - 1) <= kAspectTolerance;
}

Result<> check_fit(const ImageHeader& thumbnail, const ImageHeader& picture,
                   const DecodeRequest& request) {
  const Size least =
      request.at_least == Size{} ? Size{picture.width, picture.height} : request.at_least;
  if (thumbnail.width < least.width || thumbnail.height < least.height) return unfit("too small");
  if (thumbnail.width > picture.width || thumbnail.height > picture.height)
    return unfit("larger than the picture");
  if (!has_same_aspect(thumbnail, picture)) return unfit("of another aspect ratio");
  if (thumbnail.pixel_format.model == ColorModel::kCmyk || thumbnail.is_progressive)
    return unfit("of a kind that cameras do not write");
  return {};
}

}  // namespace

Result<Decoded> decode_exif_thumbnail(ByteSpan bytes, const ImageHeader& header,
                                      const DecodeRequest& request, const Decoder& decoder) {
  if (header.format != FileFormat::kJpeg || header.has_icc ||
      header.pixel_format.model == ColorModel::kCmyk)
    return unfit("not in pictures of this kind");
  if (bytes.size() < 4) return unfit("none");
  const ByteSpan exif = find_exif(bytes);
  const auto summary = read_exif(exif);
  if (!summary || summary->thumbnail_bytes == 0 || summary->thumbnail_offset > exif.size() ||
      summary->thumbnail_bytes > exif.size() - summary->thumbnail_offset)
    return unfit("none");
  const ByteSpan file = exif.subspan(summary->thumbnail_offset, summary->thumbnail_bytes);
  IMAGEMILL_ASSIGN_OR_RETURN(const ImageHeader found, decoder.read_header(file));
  IMAGEMILL_TRY(check_fit(found, header, request));

  DecodeRequest whole{
      .fail_on = FailOn::kWarning, .limits = request.limits, .cancel = request.cancel};
  if (decoder.decode_bytes(found, whole) > decoder.decode_bytes(header, request) + kSpareBytes)
    return unfit("takes more memory than the picture");
  IMAGEMILL_ASSIGN_OR_RETURN(Decoded decoded, decoder.decode(file, whole));
  if (decoded.metadata.icc) return unfit("with a profile of its own");
  decoded.header.orientation = header.orientation;
  decoded.metadata = {};
  return decoded;
}

}  // namespace imagemill
