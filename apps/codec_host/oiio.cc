// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The long tail through OpenImageIO: GIF (first frame, composited), BMP, TGA, HDR, EXR. Samples
// keep their kind: integers of 8 or 16 bits, anything else float32. Floating point formats are
// linear. Alpha comes out straight.
#include <OpenImageIO/filesystem.h>
#include <OpenImageIO/imageio.h>

#include <memory>

#include "family.h"
#include "interleaved.h"

namespace imagemill::codec_host {
namespace {

// One strip of rows is held interleaved at a time.
constexpr int kStripRows = 64;

struct Reader {
  FileFormat format;
  const char* plugin;
  const char* name;
};
constexpr Reader kReaders[] = {
    {FileFormat::kGif, "gif", "GIF"},     {FileFormat::kBmp, "bmp", "BMP"},
    {FileFormat::kTga, "targa", "TGA"},   {FileFormat::kHdr, "hdr", "HDR"},
    {FileFormat::kExr, "openexr", "EXR"},
};

struct File {
  const char* name = "";
  std::unique_ptr<OIIO::Filesystem::IOMemReader> memory;  // outlives the input that reads it
  std::unique_ptr<OIIO::ImageInput> input;
  OIIO::ImageSpec spec;
};

Result<File> open(FileFormat format, ByteSpan bytes) {
  const Reader* reader = std::ranges::find(kReaders, format, &Reader::format);
  if (reader == std::end(kReaders)) return fail(Code::kUnsupported, "no reader for this format");
  File file;
  file.name = reader->name;
  file.memory = std::make_unique<OIIO::Filesystem::IOMemReader>(
      const_cast<std::byte*>(bytes.data()), bytes.size());
  file.input = OIIO::ImageInput::create(reader->plugin);
  if (!file.input) return fail(Code::kUnsupported, "{}: {}", file.name, OIIO::geterror());
  OIIO::ImageSpec config;
  config.attribute("oiio:UnassociatedAlpha", 1);
  OIIO::Filesystem::IOProxy* proxy = file.memory.get();
  config.attribute("oiio:ioproxy", OIIO::TypeDesc::PTR, &proxy);
  if (!file.input->open("", file.spec, config)) {
    const std::string words = file.input->geterror();
    // The luminance and chroma files of the EXR standard.
    const bool subsampled = words.find("ubsampled") != std::string::npos;
    return fail(subsampled ? Code::kUnsupported : Code::kCorruptInput, "{}: {}", file.name,
                subsampled      ? "subsampled channels (luminance and chroma)"
                : words.empty() ? "cannot be read"
                                : words);
  }
  return file;
}

SampleType sample_of(const OIIO::TypeDesc& type) {
  if (type.basetype == OIIO::TypeDesc::UINT8) return SampleType::kU8;
  if (type.basetype == OIIO::TypeDesc::UINT16) return SampleType::kU16;
  return SampleType::kF32;
}

// Which channels of the file are the picture, alpha last.
struct Channels {
  PixelFormat format;
  int picked[kMaxPlanes] = {0, 1, 2, 3, 4};
};

int channel_named(const OIIO::ImageSpec& spec, std::string_view name) {
  for (size_t i = 0; i < spec.channelnames.size(); ++i)
    if (spec.channelnames[i] == name) return static_cast<int>(i);
  return -1;
}

Channels channels_of(const OIIO::ImageSpec& spec) {
  Channels channels;
  PixelFormat& format = channels.format;
  format.sample = sample_of(spec.format);
  // By name: spec.alpha_channel is beyond the last for GIF, and layered files have many channels.
  // The fourth byte of a BMP before version 4 means nothing.
  const bool is_filler = spec.get_int_attribute("bmp:version", 4) < 4;
  const int alpha = is_filler ? -1 : channel_named(spec, "A");
  format.has_alpha = alpha >= 0;
  format.model =
      spec.nchannels - (format.has_alpha ? 1 : 0) >= 3 ? ColorModel::kRgb : ColorModel::kGray;
  int at = 0;
  for (int c = 0; at < color_channels(format.model); ++c)
    if (c != alpha) channels.picked[at++] = c;
  const int rgb[] = {channel_named(spec, "R"), channel_named(spec, "G"), channel_named(spec, "B")};
  if (format.model == ColorModel::kRgb && rgb[0] >= 0 && rgb[1] >= 0 && rgb[2] >= 0)
    std::ranges::copy(rgb, channels.picked);
  channels.picked[at] = std::max(alpha, 0);
  return channels;
}

Result<ImageHeader> header_of(const File& file, FileFormat format) {
  const OIIO::ImageSpec& spec = file.spec;
  if (spec.deep || spec.depth > 1)
    return fail(Code::kUnsupported, "{}: {}", file.name,
                spec.deep ? "deep pixels" : "a volume, not a picture");
  ImageHeader header;
  header.format = format;
  header.width = spec.width;
  header.height = spec.height;
  header.pixel_format = channels_of(spec).format;
  header.pages = std::max(1, spec.get_int_attribute("oiio:subimages", 1));
  header.has_icc = spec.find_attribute("ICCProfile") != nullptr;
  return header;
}

Result<ImageHeader> read_header(FileFormat format, ByteSpan bytes) {
  IMAGEMILL_ASSIGN_OR_RETURN(const File file, open(format, bytes));
  return header_of(file, format);
}

// SMPTE and ITU chromaticities of the primaries that have a name here: red, green, blue, white.
Primaries primaries_of(const OIIO::ImageSpec& spec) {
  struct Named {
    Primaries primaries;
    float xy[8];
  };
  static constexpr Named kNamed[] = {
      {Primaries::kBt709, {0.64f, 0.33f, 0.30f, 0.60f, 0.15f, 0.06f, 0.3127f, 0.3290f}},
      {Primaries::kDisplayP3, {0.68f, 0.32f, 0.265f, 0.69f, 0.15f, 0.06f, 0.3127f, 0.3290f}},
      {Primaries::kBt2020, {0.708f, 0.292f, 0.170f, 0.797f, 0.131f, 0.046f, 0.3127f, 0.3290f}}};
  float xy[8];
  if (!spec.getattribute("chromaticities", OIIO::TypeDesc(OIIO::TypeDesc::FLOAT, 8), xy))
    return Primaries::kBt709;
  for (const Named& named : kNamed)
    if (std::equal(xy, xy + 8, named.xy,
                   [](float a, float b) { return a > b - 0.002f && a < b + 0.002f; }))
      return named.primaries;
  return Primaries::kUnknown;
}

ColorSpace color_of(const OIIO::ImageSpec& spec) {
  ColorSpace color;
  if (sample_of(spec.format) == SampleType::kF32) color.transfer = TransferFunction::kLinear;
  color.primaries = primaries_of(spec);
  if (const OIIO::ParamValue* icc = spec.find_attribute("ICCProfile")) {
    const auto* p = static_cast<const std::byte*>(icc->data());
    color.icc = std::make_shared<const Bytes>(p, p + icc->datasize());
  }
  return color;
}

template <typename T>
void take_strip(const Image& image, int y, int rows, const std::byte* strip, const File& file) {
  const Channels channels = channels_of(file.spec);
  const int stride = file.spec.nchannels;
  for (int c = 0; c < image.channels(); ++c) {
    for (int r = 0; r < rows; ++r) {
      T* row = image.plane(c).row<T>(y + r);
      const T* from = reinterpret_cast<const T*>(strip) +
                      static_cast<size_t>(r) * static_cast<size_t>(stride) *
                          static_cast<size_t>(image.width()) +
                      channels.picked[c];
      for (int x = 0; x < image.width(); ++x, from += stride) row[x] = *from;
    }
  }
}

bool read_strip(const File& file, int y, int rows, OIIO::TypeDesc type, std::byte* out) {
  const OIIO::ImageSpec& spec = file.spec;
  const int from = spec.y + y;
  if (spec.tile_width == 0)
    return file.input->read_scanlines(0, 0, from, from + rows, 0, 0, spec.nchannels, type, out);
  return file.input->read_tiles(0, 0, spec.x, spec.x + spec.width, from, from + rows, spec.z,
                                spec.z + 1, 0, spec.nchannels, type, out);
}

// Rows until the first that cannot be read; how many there were.
int read_rows(const Image& image, const File& file) {
  const SampleType sample = image.format().sample;
  const OIIO::TypeDesc type = sample == SampleType::kU8    ? OIIO::TypeDesc::UINT8
                              : sample == SampleType::kU16 ? OIIO::TypeDesc::UINT16
                                                           : OIIO::TypeDesc::FLOAT;
  const int strip_rows = file.spec.tile_width == 0 ? kStripRows : file.spec.tile_height;
  const auto row_bytes = static_cast<size_t>(image.width()) *
                         static_cast<size_t>(file.spec.nchannels) *
                         static_cast<size_t>(sample_bytes(sample));
  Bytes strip(row_bytes * static_cast<size_t>(std::min(strip_rows, image.height())));
  int y = 0;
  for (int rows; y < image.height(); y += rows) {
    rows = std::min(strip_rows, image.height() - y);
    if (!read_strip(file, y, rows, type, strip.data())) break;
    if (sample == SampleType::kU8)
      take_strip<uint8_t>(image, y, rows, strip.data(), file);
    else if (sample == SampleType::kU16)
      take_strip<uint16_t>(image, y, rows, strip.data(), file);
    else
      take_strip<float>(image, y, rows, strip.data(), file);
  }
  return y;
}

// EXR by its standard, TGA where the file says so; the others never.
bool is_premultiplied(const OIIO::ImageSpec& spec, FileFormat format) {
  return format == FileFormat::kExr ||
         (format == FileFormat::kTga && spec.get_int_attribute("oiio:UnassociatedAlpha", 0) == 0);
}

Result<Decoded> decode(const DecodeCall& call, ByteSpan bytes, PixelMemory& pixels) {
  IMAGEMILL_ASSIGN_OR_RETURN(const File file, open(call.format, bytes));
  Decoded decoded;
  IMAGEMILL_ASSIGN_OR_RETURN(decoded.header, header_of(file, call.format));
  IMAGEMILL_ASSIGN_OR_RETURN(decoded.image, pixels.allocate({decoded.header, 1}));
  const Image& image = decoded.image;
  const int rows = read_rows(image, file);
  if (rows < image.height()) {
    const std::string words = fmt::format("{}: {} of {} rows: {}", file.name, rows, image.height(),
                                          file.input->geterror());
    if (rows == 0 || call.fail_on >= FailOn::kTruncated)
      return fail(Code::kCorruptInput, "{}", words);
    decoded.is_damaged = true;
    decoded.warnings.push_back(words);
  }
  if (image.format().has_alpha && is_premultiplied(file.spec, call.format)) unpremultiply(image);
  decoded.image.color = color_of(file.spec);
  return decoded;
}

void prepare() {
  OIIO::attribute("threads", 1);
  OIIO::attribute("exr_threads", -1);  // none beside the caller's
  for (const Reader& reader : kReaders) OIIO::ImageInput::create(reader.plugin);
}

constexpr Family kFamily{.prepare = prepare,
                         .needs_threads = false,
                         .read_header = read_header,
                         .decode = decode,
                         .encode = nullptr};

}  // namespace
}  // namespace imagemill::codec_host

extern "C" const imagemill::codec_host::Family* imagemill_codec_family() {
  return &imagemill::codec_host::kFamily;
}
