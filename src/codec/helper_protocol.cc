// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/helper_protocol.h"

#include <algorithm>
#include <array>

#include "base/checked_math.h"

namespace imagemill {
namespace {

// Codecs stop at 8; one may add what ended the decode.
constexpr size_t kMaxWarnings = 16;

void put(WireWriter& out, const PixelFormat& format) {
  out.put(format.sample);
  out.put(format.model);
  out.put(static_cast<uint8_t>(format.has_alpha));
  out.put(format.chroma_shift_x);
  out.put(format.chroma_shift_y);
}

Result<PixelFormat> get_pixel_format(WireReader& in) {
  PixelFormat format;
  format.sample = in.get(SampleType::kU8, SampleType::kF32);
  format.model = in.get(ColorModel::kGray, ColorModel::kCmyk);
  format.has_alpha = in.get_bool();
  format.chroma_shift_x = in.get<uint8_t>();
  format.chroma_shift_y = in.get<uint8_t>();
  const bool subsampling_fits = format.model == ColorModel::kYCbCr
                                    ? format.chroma_shift_x <= 2 && format.chroma_shift_y <= 2
                                    : !format.is_subsampled();
  if (!subsampling_fits)
    return fail(Code::kCorruptInput, "chroma subsampling of 2^{} x 2^{}", format.chroma_shift_x,
                format.chroma_shift_y);
  return format;
}

void put(WireWriter& out, const ImageHeader& header) {
  out.put(header.format);
  out.put(header.width);
  out.put(header.height);
  put(out, header.pixel_format);
  out.put(header.orientation);
  out.put(header.pages);
  out.put(static_cast<uint8_t>(header.has_icc));
  out.put(static_cast<uint8_t>(header.is_progressive));
}

Result<ImageHeader> get_header(WireReader& in) {
  ImageHeader header;
  header.format = in.get(FileFormat::kUnknown, FileFormat::kRaw);
  header.width = in.get<int>();
  header.height = in.get<int>();
  IMAGEMILL_ASSIGN_OR_RETURN(header.pixel_format, get_pixel_format(in));
  header.orientation = in.get(Orientation::kNormal, Orientation::kRotate270);
  header.pages = in.get<int>();
  header.has_icc = in.get_bool();
  header.is_progressive = in.get_bool();
  if (header.width < 1 || header.height < 1 || header.pages < 1)
    return fail(Code::kCorruptInput, "{}x{} pixels, {} pages", header.width, header.height,
                header.pages);
  return header;
}

void put(WireWriter& out, const ColorSpace& color) {
  out.put(color.transfer);
  out.put(color.primaries);
  out.put(color.matrix);
  out.put_bytes(color.icc ? ByteSpan(*color.icc) : ByteSpan());
}

ColorSpace get_color(WireReader& in) {
  ColorSpace color;
  color.transfer = in.get(TransferFunction::kSrgb, TransferFunction::kUnknown);
  color.primaries = in.get(Primaries::kBt709, Primaries::kUnknown);
  color.matrix = in.get(YCbCrMatrix::kBt601, YCbCrMatrix::kBt2020);
  const ByteSpan icc = in.get_bytes();
  if (!icc.empty()) color.icc = std::make_shared<const Bytes>(icc.begin(), icc.end());
  return color;
}

Bytes get_block(WireReader& in) {
  const ByteSpan bytes = in.get_bytes();
  return {bytes.begin(), bytes.end()};
}

// The profile is not among them: it travels with the colour space.
void put_blocks(WireWriter& out, const Metadata& metadata) {
  out.put_bytes(metadata.exif);
  out.put_bytes(metadata.xmp);
  out.put_bytes(metadata.iptc);
}

Metadata get_blocks(WireReader& in) {
  Metadata metadata;
  metadata.exif = get_block(in);
  metadata.xmp = get_block(in);
  metadata.iptc = get_block(in);
  return metadata;
}

// Offsets from the start of the buffer.
void put_planes(WireWriter& out, const Image& image) {
  const int planes = image.empty() ? 0 : image.channels();
  out.put(static_cast<uint8_t>(planes));
  for (int c = 0; c < planes; ++c) {
    out.put(static_cast<uint64_t>(image.plane(c).data - image.buffer()->data));
    out.put(static_cast<uint64_t>(image.plane(c).stride_bytes));
  }
}

// Whether the plane lies in its buffer and as aligned and padded as those of Image::allocate():
// kernels read whole vectors.
bool is_sound(const Plane& plane, uint64_t offset, uint64_t stride, const PixelFormat& format,
              uint64_t buffer_bytes) {
  constexpr uint64_t kAlignment = 64;
  const uint64_t row =
      static_cast<uint64_t>(plane.width) * static_cast<uint64_t>(sample_bytes(format.sample));
  const uint64_t rows = static_cast<uint64_t>(plane.height);
  if (offset % kAlignment != 0 || stride % kAlignment != 0 || stride < row) return false;
  if (offset > buffer_bytes || stride > buffer_bytes) return false;
  const auto end = checked_mul(stride, rows);
  return end && *end <= buffer_bytes - offset && buffer_bytes - offset - *end >= kAlignment;
}

// False for planes that reach beyond the buffer of `image`, whose own are replaced.
bool get_planes(WireReader& in, Image& image) {
  const int planes = in.get<uint8_t>();
  if (planes == 0) return true;
  if (image.empty() || planes != image.channels()) return false;
  std::array<Plane, kMaxPlanes> placed{};
  for (int c = 0; c < planes; ++c) {
    const auto offset = in.get<uint64_t>();
    const auto stride = in.get<uint64_t>();
    Plane& plane = placed[static_cast<size_t>(c)];
    plane = image.plane(c);
    if (!is_sound(plane, offset, stride, image.format(), image.buffer()->bytes)) return false;
    plane.data = image.buffer()->data + offset;
    plane.stride_bytes = static_cast<ptrdiff_t>(stride);
  }
  image = Image::wrap(image.buffer(), image.width(), image.height(), image.format(), placed);
  return true;
}

void put(WireWriter& out, const DecodeLimits& limits) {
  out.put(limits.max_pixels);
  out.put(limits.max_channels);
  out.put(limits.max_side);
  out.put(limits.max_seconds);
}

DecodeLimits get_limits(WireReader& in) {
  DecodeLimits limits;
  limits.max_pixels = in.get<uint64_t>();
  limits.max_channels = in.get<int>();
  limits.max_side = in.get<int>();
  limits.max_seconds = in.get<double>();
  return limits;
}

template <typename T>
Result<T> complete(const WireReader& in, T value, std::string_view what) {
  if (!in.is_complete()) return fail(Code::kCorruptInput, "malformed {}", what);
  return value;
}

}  // namespace

ByteSpan WireReader::take(uint64_t count) {
  if (count > bytes_.size()) {
    is_good_ = false;
    bytes_ = {};
    return {};
  }
  const ByteSpan taken = bytes_.first(static_cast<size_t>(count));
  bytes_ = bytes_.subspan(static_cast<size_t>(count));
  return taken;
}

std::string WireReader::get_text() {
  std::string text(as_text(get_bytes()).substr(0, 500));
  std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

int helper_scale_den(const ImageHeader& header, Size at_least) {
  const bool is_halved = header.format == FileFormat::kRaw && at_least.width > 0 &&
                         at_least.height > 0 && (header.width + 1) / 2 >= at_least.width &&
                         (header.height + 1) / 2 >= at_least.height;
  return is_halved ? 2 : 1;
}

Bytes to_wire(const HelperHello& hello) {
  WireWriter out;
  out.put(hello.version);
  out.put_text(hello.confinement_gap);
  return out.bytes();
}

Result<HelperHello> hello_from_wire(ByteSpan bytes) {
  WireReader in(bytes);
  HelperHello hello;
  hello.version = in.get<uint32_t>();
  if (hello.version != kHelperProtocolVersion)
    return fail(Code::kUnsupported, "it speaks protocol {}, this library {}", hello.version,
                kHelperProtocolVersion);
  hello.confinement_gap = in.get_text();
  return complete(in, std::move(hello), "hello");
}

Bytes to_wire(const ImageHeader& header) {
  WireWriter out;
  put(out, header);
  return out.bytes();
}

Result<ImageHeader> header_from_wire(ByteSpan bytes) {
  WireReader in(bytes);
  IMAGEMILL_ASSIGN_OR_RETURN(const ImageHeader header, get_header(in));
  return complete(in, header, "header");
}

Bytes to_wire(const PixelLayout& layout) {
  WireWriter out;
  put(out, layout.header);
  out.put(layout.scale_den);
  out.put(layout.scale_num);
  out.put(layout.bytes);
  return out.bytes();
}

Result<PixelLayout> layout_from_wire(ByteSpan bytes) {
  WireReader in(bytes);
  PixelLayout layout;
  IMAGEMILL_ASSIGN_OR_RETURN(layout.header, get_header(in));
  layout.scale_den = in.get<int>();
  layout.scale_num = in.get<int>();
  layout.bytes = in.get<uint64_t>();
  if (layout.scale_num < 1 || layout.scale_den < layout.scale_num || layout.scale_den > 64)
    return fail(Code::kCorruptInput, "scale of {}/{}", layout.scale_num, layout.scale_den);
  return complete(in, layout, "layout");
}

Bytes to_wire(const DecodeCall& call) {
  WireWriter out;
  out.put(call.format);
  out.put(call.at_least.width);
  out.put(call.at_least.height);
  out.put(call.fail_on);
  put(out, call.limits);
  out.put(call.bytes);
  out.put(call.slot);
  out.put(call.gone_slots);
  return out.bytes();
}

Result<DecodeCall> decode_call_from_wire(ByteSpan bytes) {
  WireReader in(bytes);
  DecodeCall call;
  call.format = in.get(FileFormat::kUnknown, FileFormat::kRaw);
  call.at_least.width = in.get<int>();
  call.at_least.height = in.get<int>();
  call.fail_on = in.get(FailOn::kNone, FailOn::kWarning);
  call.limits = get_limits(in);
  call.bytes = in.get<uint64_t>();
  call.slot = in.get<int>();
  call.gone_slots = in.get<uint32_t>();
  return complete(in, call, "decode call");
}

Bytes to_wire(const EncodeCall& call) {
  WireWriter out;
  out.put(call.format);
  out.put(call.width);
  out.put(call.height);
  put(out, call.pixel_format);
  put(out, call.color);
  out.put(call.options.quality);
  out.put(static_cast<uint8_t>(call.options.lossless));
  out.put(static_cast<uint8_t>(call.options.subsample_chroma));
  put_blocks(out, call.metadata);
  return out.bytes();
}

Result<EncodeCall> encode_call_from_wire(ByteSpan bytes) {
  WireReader in(bytes);
  EncodeCall call;
  call.format = in.get(FileFormat::kUnknown, FileFormat::kRaw);
  call.width = in.get<int>();
  call.height = in.get<int>();
  IMAGEMILL_ASSIGN_OR_RETURN(call.pixel_format, get_pixel_format(in));
  call.color = get_color(in);
  call.options.quality = in.get<int>();
  call.options.lossless = in.get_bool();
  call.options.subsample_chroma = in.get_bool();
  call.metadata = get_blocks(in);
  return complete(in, std::move(call), "encode call");
}

Bytes to_wire(const Status& status) {
  WireWriter out;
  out.put(status.code());
  out.put_text(std::string_view(status.message()).substr(0, 500));
  return out.bytes();
}

Result<Status> status_from_wire(ByteSpan bytes) {
  WireReader in(bytes);
  const Code code = in.get(Code::kInvalidArgument, Code::kInternal);
  return complete(in, Status(code, in.get_text()), "failure");
}

Bytes to_wire(const Decoded& decoded) {
  WireWriter out;
  put_planes(out, decoded.image);
  put(out, decoded.image.color);
  put_blocks(out, decoded.metadata);
  out.put(static_cast<uint8_t>(decoded.header.has_icc));
  out.put(static_cast<uint8_t>(decoded.is_damaged));
  const size_t warnings = std::min(decoded.warnings.size(), kMaxWarnings);
  out.put(static_cast<uint8_t>(warnings));
  for (size_t i = 0; i < warnings; ++i) out.put_text(decoded.warnings[i]);
  return out.bytes();
}

Result<> read_decoded(ByteSpan bytes, Decoded& decoded) {
  WireReader in(bytes);
  if (!get_planes(in, decoded.image))
    return fail(Code::kCorruptInput, "pixels outside of their memory");
  decoded.image.color = get_color(in);
  decoded.metadata = get_blocks(in);
  decoded.metadata.icc = decoded.image.color.icc;
  decoded.header.has_icc = in.get_bool() || decoded.image.color.icc != nullptr;
  decoded.is_damaged = in.get_bool();
  const size_t warnings = std::min<size_t>(in.get<uint8_t>(), kMaxWarnings);
  for (size_t i = 0; i < warnings; ++i) decoded.warnings.push_back(in.get_text());
  if (!in.is_complete()) return fail(Code::kCorruptInput, "malformed decode result");
  return {};
}

}  // namespace imagemill
