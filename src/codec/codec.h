// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Bytes to pixels and back. One file a format; registry.cc lists them. A codec is stateless: every
// method may be called from any thread. Input is hostile: sizes are checked against DecodeLimits
// before anything is allocated for them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "image/metadata.h"
#include "imagemill/cancel.h"
#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

enum class FileFormat : uint8_t {
  kUnknown,
  kJpeg,
  kPng,
  kWebp,
  kTiff,
  kGif,
  kBmp,
  kPnm,
  kTga,
  kHdr,
  kExr,
  kPsd,
  kHeic,
  kAvif,
  kJxl,
  kRaw,
};

// "jpeg", "png" ...: the word of --format, rows and reports.
std::string_view format_name(FileFormat format);
std::optional<FileFormat> format_from_name(std::string_view name);
// The extension that output files get, without a dot: "jpg", "png" ...
std::string_view format_extension(FileFormat format);
// Whether a lower-case extension without dot is one that files of this format carry.
bool extension_fits(FileFormat format, std::string_view extension);
// The format that a lower-case extension without dot stands for; kUnknown when none that Imagemill
// reads.
FileFormat format_of_extension(std::string_view extension);

// By content, never by name. kUnknown when no signature fits.
FileFormat sniff(ByteSpan bytes);

struct DecodeLimits {
  uint64_t max_pixels = 268'000'000;
  int max_channels = 16;
  int max_side = 1'000'000;
  double max_seconds = 10;  // obeyed where a library lets itself be interrupted: between rows,
                            // tiles and scans; by helpers everywhere
};

// libvips' fail_on: what makes a damaged picture an error instead of a delivery marked as damaged.
enum class FailOn : uint8_t {
  kNone,       // deliver what could be decoded
  kTruncated,  // missing data is an error
  kError,      // so is any damage inside the data
  kWarning,    // so is anything the library complained about
};

// What a header promises. Sizes are of the stored raster, before orientation.
struct ImageHeader {
  FileFormat format = FileFormat::kUnknown;
  int width = 0;
  int height = 0;
  PixelFormat pixel_format;  // of the full decode
  Orientation orientation = Orientation::kNormal;
  int pages = 1;  // frames or pages in the file; the first is the one decoded
  bool has_icc = false;
  bool is_progressive = false;  // JPEG: coefficients of the whole picture are held while decoding
};

// What a decoder is about to deliver.
struct PixelLayout {
  ImageHeader header;  // pixel_format is that of the delivery
  int scale_den = 1;   // side of the image = ceil(header side * scale_num / scale_den)
  int scale_num = 1;
  uint64_t bytes = 0;  // of memory that holds all planes; 0: those of Image::allocate()

  int width() const { return scaled(header.width); }
  int height() const { return scaled(header.height); }

 private:
  int scaled(int side) const {
    return static_cast<int>((int64_t{side} * scale_num + scale_den - 1) / scale_den);
  }
};

// Where the pixels of one picture go.
class PixelMemory {
 public:
  virtual ~PixelMemory() = default;
  // At least layout.bytes, 64 bytes aligned, with any content. Whoever provides it may check the
  // layout first: call as soon as the header is known, before a library takes memory for pixels.
  virtual Result<std::shared_ptr<Buffer>> allocate_bytes(const PixelLayout& layout) = 0;
  // The planes that Image::allocate() would make.
  Result<Image> allocate(PixelLayout layout) {
    const PixelFormat& format = layout.header.pixel_format;
    IMAGEMILL_ASSIGN_OR_RETURN(layout.bytes, image_bytes(layout.width(), layout.height(), format));
    IMAGEMILL_ASSIGN_OR_RETURN(auto buffer, allocate_bytes(layout));
    return Image::lay_out(std::move(buffer), layout.width(), layout.height(), format);
  }
};

struct DecodeRequest {
  // The decoder may deliver a smaller picture, as long as it is at least this large on both axes
  // (stored raster, before orientation) and shows the same picture: see Decoded::scale_num. {0, 0}:
  // full size.
  Size at_least;
  FailOn fail_on = FailOn::kNone;
  DecodeLimits limits;
  // Null: memory of the process. A decoder may ignore it, for the price of a copy.
  PixelMemory* memory = nullptr;
  // Null: never stopped. Decoders that are asked to stop end with kCancelled; see stop_check.h.
  const CancelToken* cancel = nullptr;
};

struct Decoded {
  Image image;  // stored raster, not yet oriented; its own colour model, color.icc set when the
                // file has a profile
  ImageHeader header;
  Metadata metadata;
  bool is_damaged = false;            // part of the picture is missing or broken
  std::vector<std::string> warnings;  // the library's own words, at most 8
  // One decoded pixel stands for scale_den / scale_num stored ones, so header.width * scale_num /
  // scale_den of them are the picture; image.width is that rounded up.
  int scale_num = 1;
  int scale_den = 1;
};

class Decoder {
 public:
  virtual ~Decoder() = default;

  // Reads as little as the format allows. Does not check limits.
  virtual Result<ImageHeader> read_header(ByteSpan bytes) const = 0;

  // The size that decode() will deliver for this request: the planner asks before memory is
  // promised.
  virtual Size decoded_size(const ImageHeader& header, const DecodeRequest& request) const {
    (void)request;
    return {header.width, header.height};
  }

  // Peak bytes that decode() takes for this request, the returned image included, the input not.
  virtual uint64_t decode_bytes(const ImageHeader& header, const DecodeRequest& request) const;

  // Errors: kCorruptInput (nothing could be decoded, or fail_on says so), kUnsupported,
  // kResourceExhausted (limits), kCancelled (request.cancel says so).
  virtual Result<Decoded> decode(ByteSpan bytes, const DecodeRequest& request) const = 0;
};

struct EncodeOptions {
  int quality = 85;              // lossy formats, 1-100
  bool lossless = false;         // WebP, JXL, AVIF
  int png_level = 6;             // libdeflate level, 0-12
  bool subsample_chroma = true;  // JPEG, WebP: 4:2:0
};

// What an encoder can store without loss of kind; prepare converts before it calls.
struct EncoderTraits {
  bool alpha = false;
  bool u16 = false;
  bool f32 = false;
  bool gray = true;
  bool ycbcr = false;  // takes YCbCr planes as they are (any subsampling it can store)
  bool cmyk = false;
  int max_side = 65535;
};

class Encoder {
 public:
  virtual ~Encoder() = default;
  virtual EncoderTraits traits() const = 0;
  // The image must fit traits(). metadata.icc, exif and xmp are written where the container can
  // carry them.
  virtual Result<Bytes> encode(const Image& image, const EncodeOptions& options,
                               const Metadata& metadata) const = 0;
};

// Null when the format has none (in this build).
const Decoder* decoder_for(FileFormat format);
const Encoder* encoder_for(FileFormat format);

// Every format with a decoder / an encoder, for contract tests, reports and --help.
std::span<const FileFormat> decodable_formats();
std::span<const FileFormat> encodable_formats();

// Sniffs, checks the limits against the header, decodes.
Result<ImageHeader> read_image_header(ByteSpan bytes);
Result<Decoded> decode_image(ByteSpan bytes, const DecodeRequest& request);

// For codecs: kResourceExhausted when the header is over a limit, kCorruptInput when it has no
// pixels.
Result<> check_limits(const ImageHeader& header, const DecodeLimits& limits);

// For codecs: the planes of a full decode, in request.memory where there is one. Uninitialised.
Result<Image> allocate_pixels(const DecodeRequest& request, const ImageHeader& header);

}  // namespace imagemill
