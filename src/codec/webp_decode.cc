// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// WebP to pixels with libwebp; of an animation the first frame, on its canvas. The incremental
// decoder is used for every file: it delivers the same pixels, and keeps the rows before a cut.
//
// DecodeRequest::at_least is not used: libwebp's scaling is a box filter after a full decode, which
// costs sharpness and saves little.
#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "codec/complaints.h"
#include "codec/exif_prefix.h"
#include "codec/interleave.h"
#include "codec/registry.h"
#include "codec/stop_check.h"
#include "image/exif.h"

namespace imagemill {
namespace {

using Demuxer = std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)>;
using RowDecoder = std::unique_ptr<WebPIDecoder, decltype(&WebPIDelete)>;

constexpr size_t kMaxMetadataBytes = 64 << 20;

// The file taken apart, nothing decoded. Views into the file's bytes.
struct WebpFile {
  ImageHeader header;
  ByteSpan frame;  // the first frame's bitstream
  int frame_x = 0, frame_y = 0, frame_width = 0, frame_height = 0;
  bool covers_canvas = true;
  bool is_truncated = false;
  ByteSpan icc, exif, xmp;
};

ByteSpan span_of(const WebPData& data) {
  return {reinterpret_cast<const std::byte*>(data.bytes), data.size};
}

ByteSpan chunk_of(const WebPDemuxer* demuxer, const char (&name)[5]) {
  WebPChunkIterator it;
  if (WebPDemuxGetChunk(demuxer, name, 1, &it) == 0) return {};
  const ByteSpan chunk = span_of(it.chunk);
  WebPDemuxReleaseChunkIterator(&it);
  return chunk.size() <= kMaxMetadataBytes ? chunk : ByteSpan();
}

// From the first bytes alone: what there is when the file is cut before its first frame is known.
Result<WebpFile> read_features(ByteSpan bytes) {
  WebPBitstreamFeatures features;
  const VP8StatusCode status = WebPGetFeatures(as_u8(bytes), bytes.size(), &features);
  if (status == VP8_STATUS_NOT_ENOUGH_DATA)
    return fail(Code::kCorruptInput, "WebP: {} bytes end in the header", bytes.size());
  if (status != VP8_STATUS_OK || features.width < 1 || features.height < 1)
    return fail(Code::kCorruptInput, "WebP: the header is broken");
  WebpFile out;
  out.header.format = FileFormat::kWebp;
  out.header.width = features.width;
  out.header.height = features.height;
  out.header.pixel_format = PixelFormat::rgb(SampleType::kU8, features.has_alpha != 0);
  out.frame_width = features.width;
  out.frame_height = features.height;
  return out;
}

Result<> place_frame(const WebPDemuxer* demuxer, WebpFile& out) {
  WebPIterator frame;
  if (WebPDemuxGetFrame(demuxer, 1, &frame) == 0) return {};
  out.frame = span_of(frame.fragment);
  out.frame_x = frame.x_offset;
  out.frame_y = frame.y_offset;
  out.frame_width = frame.width;
  out.frame_height = frame.height;
  const bool has_alpha = frame.has_alpha != 0;
  const bool is_truncated = frame.complete == 0;
  WebPDemuxReleaseIterator(&frame);
  const ImageHeader& header = out.header;
  // Cut inside the first frame, before its size: the canvas is all that is known.
  if (is_truncated && (out.frame_width == 0 || out.frame_height == 0)) {
    out.is_truncated = true;
    return {};
  }
  if (out.frame_x < 0 || out.frame_y < 0 || out.frame_width < 1 || out.frame_height < 1 ||
      out.frame_width > header.width - out.frame_x ||
      out.frame_height > header.height - out.frame_y)
    return fail(Code::kCorruptInput, "WebP: first frame of {}x{} at {},{} on a canvas of {}x{}",
                out.frame_width, out.frame_height, out.frame_x, out.frame_y, header.width,
                header.height);
  out.is_truncated = is_truncated;
  out.covers_canvas = out.frame_width == header.width && out.frame_height == header.height;
  // Around a smaller first frame an animation is transparent: its background colour is a hint that
  // no viewer follows.
  out.header.pixel_format.has_alpha = has_alpha || !out.covers_canvas;
  return {};
}

Result<WebpFile> take_apart(ByteSpan bytes) {
  IMAGEMILL_ASSIGN_OR_RETURN(WebpFile out, read_features(bytes));
  const WebPData data{as_u8(bytes), bytes.size()};
  WebPDemuxState state = WEBP_DEMUX_PARSE_ERROR;
  const Demuxer demuxer(WebPDemuxPartial(&data, &state), WebPDemuxDelete);
  if (demuxer == nullptr) {
    // No container that holds together; a bare bitstream may still be in there.
    out.frame = bytes;
    out.is_truncated = state == WEBP_DEMUX_PARSING_HEADER;
    return out;
  }
  out.header.width = static_cast<int>(WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH));
  out.header.height = static_cast<int>(WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT));
  if (out.header.width < 1 || out.header.height < 1)
    return fail(Code::kCorruptInput, "WebP: canvas of {}x{} pixels", out.header.width,
                out.header.height);
  out.header.pages =
      std::max(1, static_cast<int>(WebPDemuxGetI(demuxer.get(), WEBP_FF_FRAME_COUNT)));
  IMAGEMILL_TRY(place_frame(demuxer.get(), out));
  out.is_truncated |= state != WEBP_DEMUX_DONE;
  out.icc = chunk_of(demuxer.get(), "ICCP");
  out.exif = without_exif_prefix(chunk_of(demuxer.get(), "EXIF"));
  out.xmp = chunk_of(demuxer.get(), "XMP ");
  out.header.has_icc = !out.icc.empty();
  out.header.orientation = exif_orientation(out.exif);
  return out;
}

void clear(const Image& image) {
  for (int c = 0; c < image.channels(); ++c)
    for (int y = 0; y < image.height(); ++y)
      std::memset(image.plane(c).row<std::byte>(y), 0, static_cast<size_t>(image.width()));
}

// Gives the bitstream of a large picture to the decoder bit by bit, so that it can be stopped: one
// call decodes all that it is given.
VP8StatusCode feed(WebPIDecoder* decoder, const WebpFile& file, StopCheck& stop) {
  constexpr int64_t kLargePixels = 8'000'000;
  constexpr size_t kSlices = 64;
  const size_t size = file.frame.size();
  const bool is_large = int64_t{file.frame_width} * file.frame_height >= kLargePixels;
  const size_t step = is_large ? std::max<size_t>(size / kSlices, 256) : size;
  for (size_t given = std::min(step, size);; given += std::min(step, size - given)) {
    const VP8StatusCode status = WebPIUpdate(decoder, as_u8(file.frame), given);
    if (status != VP8_STATUS_SUSPENDED || given == size || stop.is_due()) return status;
  }
}

// The first frame onto `canvas`, as many rows as there are.
Result<> decode_frame(const WebpFile& file, const Image& canvas, StopCheck& stop,
                      Complaints& complaints) {
  const bool has_alpha = canvas.format().has_alpha;
  const RowDecoder decoder(WebPINewRGB(has_alpha ? MODE_RGBA : MODE_RGB, nullptr, 0, 0),
                           WebPIDelete);
  if (decoder == nullptr) return fail(Code::kResourceExhausted, "WebP: no memory for a decoder");
  if (file.frame.empty())
    return fail(Code::kCorruptInput, "WebP: the file ends before its first frame");
  const VP8StatusCode status = feed(decoder.get(), file, stop);
  if (stop.has_stopped()) return stop.failure("WebP");
  if (status == VP8_STATUS_OUT_OF_MEMORY)
    return fail(Code::kResourceExhausted, "WebP: no memory to decode {}x{} pixels",
                file.frame_width, file.frame_height);
  if (status == VP8_STATUS_UNSUPPORTED_FEATURE)
    return fail(Code::kUnsupported, "WebP: a bitstream of a later version");
  int rows = 0, width = 0, height = 0, stride = 0;
  const uint8_t* pixels = WebPIDecGetRGB(decoder.get(), &rows, &width, &height, &stride);
  if (pixels == nullptr || rows < 1)
    return fail(Code::kCorruptInput, "WebP: no row can be decoded, {} bytes {}", file.frame.size(),
                status == VP8_STATUS_SUSPENDED ? "are too few" : "are broken");
  if (width != file.frame_width || height != file.frame_height)
    return fail(Code::kCorruptInput, "WebP: bitstream of {}x{} pixels in a frame of {}x{}", width,
                height, file.frame_width, file.frame_height);
  if (status == VP8_STATUS_SUSPENDED)
    complaints.truncate(fmt::format("file ends after {} of {} rows", rows, height));
  else if (status != VP8_STATUS_OK)
    complaints.damage(fmt::format("bitstream is broken after {} of {} rows", rows, height));
  if (rows < height || !file.covers_canvas) clear(canvas);
  const Image frame = canvas.crop(file.frame_x, file.frame_y, width, height);
  for (int y = 0; y < rows; ++y)
    deinterleave_row(frame, y, reinterpret_cast<const std::byte*>(pixels + ptrdiff_t{y} * stride));
  return {};
}

Bytes copy_of(ByteSpan bytes) { return {bytes.begin(), bytes.end()}; }

class WebpDecoder final : public Decoder {
 public:
  Result<ImageHeader> read_header(ByteSpan bytes) const override {
    IMAGEMILL_ASSIGN_OR_RETURN(const WebpFile file, take_apart(bytes));
    return file.header;
  }

  // libwebp decodes into a picture of its own; a lossy one keeps its YCbCr rows meanwhile, a
  // lossless one a copy of four bytes a pixel.
  uint64_t decode_bytes(const ImageHeader& header, const DecodeRequest& request) const override {
    return Decoder::decode_bytes(header, request) +
           4 * static_cast<uint64_t>(header.width) * static_cast<uint64_t>(header.height);
  }

  Result<Decoded> decode(ByteSpan bytes, const DecodeRequest& request) const override {
    IMAGEMILL_ASSIGN_OR_RETURN(const WebpFile file, take_apart(bytes));
    IMAGEMILL_TRY(check_limits(file.header, request.limits));
    Complaints complaints;
    if (file.is_truncated) complaints.truncate("the file ends early");
    Decoded out;
    IMAGEMILL_ASSIGN_OR_RETURN(out.image, allocate_pixels(request, file.header));
    StopCheck stop(request);
    IMAGEMILL_TRY(decode_frame(file, out.image, stop, complaints));
    IMAGEMILL_TRY(complaints.check(request.fail_on, "WebP"));
    out.header = file.header;
    out.metadata.exif = copy_of(file.exif);
    out.metadata.xmp = copy_of(file.xmp);
    if (!file.icc.empty())
      out.metadata.icc = std::make_shared<const Bytes>(file.icc.begin(), file.icc.end());
    out.image.color.icc = out.metadata.icc;
    out.is_damaged = complaints.is_damaged;
    out.warnings = std::move(complaints.warnings);
    return out;
  }
};

}  // namespace

std::string webp_library() {
  const int version = WebPGetDecoderVersion();
  return fmt::format("libwebp {}.{}.{}", version >> 16, version >> 8 & 0xFF, version & 0xFF);
}

const Decoder* webp_decoder() {
  static const WebpDecoder decoder;
  return &decoder;
}

}  // namespace imagemill
