// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The merged picture of a Photoshop file (PSD, PSB). No library: OpenImageIO 2.4 takes the K of
// CMYK for alpha, which destroys the other inks. Written after Adobe's "Photoshop File Formats
// Specification". Grey, duotone (as its grey), indexed, RGB and CMYK; 1, 8, 16 and 32 bits. 32-bit
// pictures are linear float32. Ink is turned round: Photoshop stores light.
#include <bit>
#include <cstring>
#include <limits>
#include <vector>

#include "family.h"
#include "interleaved.h"

namespace imagemill::codec_host {
namespace {

enum Mode : uint16_t { kBitmap = 0, kGrayscale, kIndexed, kRgb, kCmyk, kDuotone = 8 };
enum Resource : uint16_t { kIptc = 1028, kIcc = 1039, kExif = 1058, kXmp = 1060 };

struct File {
  ImageHeader header;
  bool is_large = false;  // PSB: some lengths have 64 bits
  int channels = 0;       // stored
  int depth = 0;          // bits
  int mode = 0;
  ByteSpan palette;  // kIndexed: 256 reds, greens, blues
  ByteSpan pixels;   // begins with the compression
  Metadata metadata;
};

std::unexpected<Status> corrupt(std::string_view what) {
  return fail(Code::kCorruptInput, "PSD: {}", what);
}

// Big-endian numbers and sections from the front; zero and empty when the bytes have ended.
class Cursor {
 public:
  explicit Cursor(ByteSpan bytes) : rest_(bytes) {}

  ByteSpan take(uint64_t count) {
    const ByteSpan taken =
        rest_.first(static_cast<size_t>(std::min<uint64_t>(count, rest_.size())));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  uint16_t u16() {
    const ByteSpan b = take(2);
    return b.size() < 2 ? uint16_t{0} : read_u16(as_u8(b), true);
  }
  uint32_t u32() {
    const ByteSpan b = take(4);
    return b.size() < 4 ? 0 : read_u32(as_u8(b), true);
  }
  uint64_t length(bool is_large) {
    const uint64_t high = is_large ? u32() : 0;
    return high << 32 | u32();
  }
  ByteSpan rest() const { return rest_; }

 private:
  ByteSpan rest_;
};

// Blocks of "8BIM", id, Pascal name, size, content, the last two padded to even lengths.
Metadata read_resources(ByteSpan bytes) {
  Metadata metadata;
  Cursor at(bytes);
  while (as_text(at.rest()).starts_with("8BIM")) {
    at.take(4);
    const uint16_t id = at.u16();
    const ByteSpan name_length = at.take(1);
    if (name_length.empty()) break;
    at.take(static_cast<size_t>(name_length[0]) | 1);
    const uint32_t size = at.u32();
    const ByteSpan content = at.take(size);
    at.take(size % 2);
    Bytes copy(content.begin(), content.end());
    if (id == kExif) metadata.exif = std::move(copy);
    if (id == kXmp) metadata.xmp = std::move(copy);
    if (id == kIptc) metadata.iptc = std::move(copy);
    if (id == kIcc) metadata.icc = std::make_shared<const Bytes>(std::move(copy));
  }
  return metadata;
}

// A negative number of layers says that the first extra channel is the transparency of the merged
// picture, not some saved selection.
bool has_transparency(ByteSpan layers, bool is_large) {
  Cursor at(layers);
  return at.length(is_large) >= 2 && static_cast<int16_t>(at.u16()) < 0;
}

Result<PixelFormat> pixel_format_of(const File& file, bool transparency) {
  PixelFormat format;
  switch (file.mode) {
    case kBitmap:
    case kGrayscale:
    case kDuotone:
      format.model = ColorModel::kGray;
      break;
    case kIndexed:
    case kRgb:
      format.model = ColorModel::kRgb;
      break;
    case kCmyk:
      format.model = ColorModel::kCmyk;
      break;
    default:
      return fail(Code::kUnsupported, "PSD: colour mode {} (Lab, multichannel)", file.mode);
  }
  const bool whole_bytes = file.depth == 8 || (file.depth == 16 && file.mode != kIndexed) ||
                           (file.depth == 32 && file.mode != kIndexed);
  if (file.mode == kBitmap ? file.depth != 1 : !whole_bytes)
    return fail(Code::kUnsupported, "PSD: {} bits in colour mode {}", file.depth, file.mode);
  format.sample = file.depth == 32   ? SampleType::kF32
                  : file.depth == 16 ? SampleType::kU16
                                     : SampleType::kU8;
  const int colors = file.mode == kIndexed ? 1 : color_channels(format.model);
  if (file.channels < colors)
    return fail(Code::kCorruptInput, "PSD: {} channels, expected {}", file.channels, colors);
  format.has_alpha = transparency && file.channels > colors;
  return format;
}

Result<File> open(ByteSpan bytes) {
  Cursor at(bytes);
  if (as_text(at.take(4)) != "8BPS") return corrupt("no signature");
  const uint16_t version = at.u16();
  if (version != 1 && version != 2) return fail(Code::kUnsupported, "PSD: version {}", version);
  File file;
  file.is_large = version == 2;
  at.take(6);  // reserved
  file.channels = at.u16();
  const uint32_t height = at.u32(), width = at.u32();
  if (width < 1 || height < 1 || width > 300'000 || height > 300'000)  // the format's own limit
    return fail(Code::kCorruptInput, "PSD: {}x{} pixels", width, height);
  file.depth = at.u16();
  file.mode = at.u16();
  const ByteSpan color_data = at.take(at.u32());
  file.metadata = read_resources(at.take(at.u32()));
  const bool transparency = has_transparency(at.take(at.length(file.is_large)), file.is_large);
  file.pixels = at.rest();
  if (file.mode == kIndexed && color_data.size() < 768) return corrupt("no palette");
  file.palette = color_data;
  file.header.format = FileFormat::kPsd;
  file.header.width = static_cast<int>(width);
  file.header.height = static_cast<int>(height);
  file.header.has_icc = file.metadata.icc != nullptr;
  IMAGEMILL_ASSIGN_OR_RETURN(file.header.pixel_format, pixel_format_of(file, transparency));
  return file;
}

Result<ImageHeader> read_header(FileFormat, ByteSpan bytes) {
  IMAGEMILL_ASSIGN_OR_RETURN(const File file, open(bytes));
  return file.header;
}

// Apple's PackBits. False when the row is not filled exactly from `in`.
bool unpack_bits(ByteSpan in, std::span<uint8_t> out) {
  size_t at = 0, filled = 0;
  while (at < in.size() && filled < out.size()) {
    const int code = static_cast<int8_t>(in[at++]);
    if (code == -128) continue;
    const size_t count = static_cast<size_t>(code < 0 ? 1 - code : 1 + code);
    const size_t from = code < 0 ? 1 : count;
    if (count > out.size() - filled || from > in.size() - at) return false;
    if (code < 0)
      std::memset(&out[filled], static_cast<int>(in[at]), count);
    else
      std::memcpy(&out[filled], &in[at], count);
    at += from;
    filled += count;
  }
  return filled == out.size();
}

// The stored rows, all of the first channel, then all of the second ...
class Rows {
 public:
  Rows(const File& file, size_t row_bytes) : row_(row_bytes) {
    Cursor at(file.pixels);
    compression_ = at.u16();
    if (compression_ == 1) {
      const auto count =
          static_cast<uint64_t>(file.channels) * static_cast<uint64_t>(file.header.height);
      lengths_ = Cursor(at.take(count * (file.is_large ? 4 : 2)));
    }
    data_ = at.rest();
    is_large_ = file.is_large;
  }

  bool is_known() const { return compression_ <= 1; }
  int compression() const { return compression_; }
  // Null when it is missing or broken; later rows may still be good.
  const uint8_t* next() {
    Cursor data(data_);
    const size_t length = compression_ == 0 ? row_.size()
                          : is_large_       ? lengths_.u32()
                                            : lengths_.u16();
    const ByteSpan packed = data.take(length);
    data_ = data.rest();
    if (compression_ == 1) return unpack_bits(packed, row_) ? row_.data() : nullptr;
    return packed.size() == row_.size() ? as_u8(packed) : nullptr;
  }

 private:
  int compression_ = 0;
  bool is_large_ = false;
  Cursor lengths_{ByteSpan()};
  ByteSpan data_;
  std::vector<uint8_t> row_;
};

void take_row(const Image& image, const File& file, int channel, int y, const uint8_t* row) {
  const int width = image.width();
  const Plane& plane = image.plane(channel);
  switch (file.depth) {
    case 1:
      for (int x = 0; x < width; ++x)
        plane.row<uint8_t>(y)[x] = (row[x / 8] >> (7 - x % 8) & 1) != 0 ? 0 : 255;
      return;
    case 8:
      std::memcpy(plane.row<uint8_t>(y), row, static_cast<size_t>(width));
      return;
    case 16:
      for (int x = 0; x < width; ++x) plane.row<uint16_t>(y)[x] = read_u16(row + 2 * x, true);
      return;
    default:
      for (int x = 0; x < width; ++x)
        plane.row<float>(y)[x] = std::bit_cast<float>(read_u32(row + 4 * x, true));
  }
}

// The index lies in the first plane.
void apply_palette(const Image& image, const File& file) {
  const uint8_t* palette = as_u8(file.palette);
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x) {
      const uint8_t index = image.plane(0).row<uint8_t>(y)[x];
      for (int c = 0; c < 3; ++c) image.plane(c).row<uint8_t>(y)[x] = palette[256 * c + index];
    }
}

// Photoshop has laid transparent pictures on white: takes the white away, so that colours are
// straight; and turns light into ink.
template <typename T>
void finish_as(const Image& image) {
  constexpr bool kInteger = std::is_integral_v<T>;
  constexpr float kOne = kInteger ? static_cast<float>(std::numeric_limits<T>::max()) : 1.0f;
  const int alpha = image.alpha_channel();
  const bool is_ink = image.format().model == ColorModel::kCmyk;
  for (int c = 0; c < color_channels(image.format().model); ++c)
    for (int y = 0; y < image.height(); ++y) {
      T* row = image.plane(c).row<T>(y);
      const T* a = alpha < 0 ? nullptr : image.plane(alpha).row<T>(y);
      for (int x = 0; x < image.width(); ++x) {
        if (a != nullptr && a[x] != T{0}) {
          const auto cover = static_cast<float>(a[x]) / kOne;
          const float straight = (static_cast<float>(row[x]) - (1 - cover) * kOne) / cover;
          row[x] = kInteger ? static_cast<T>(std::clamp(straight + 0.5f, 0.0f, kOne))
                            : static_cast<T>(straight);
        }
        if (is_ink) row[x] = static_cast<T>(static_cast<T>(kOne) - row[x]);
      }
    }
}

void finish(const Image& image) {
  if (!image.format().has_alpha && image.format().model != ColorModel::kCmyk) return;
  switch (image.format().sample) {
    case SampleType::kU8:
      return finish_as<uint8_t>(image);
    case SampleType::kU16:
      return finish_as<uint16_t>(image);
    default:
      return finish_as<float>(image);
  }
}

// How many rows of the wanted channels were missing or broken.
Result<int> read_pixels(const Image& image, const File& file) {
  const size_t row_bytes =
      (static_cast<size_t>(image.width()) * static_cast<size_t>(file.depth) + 7) / 8;
  Rows rows(file, row_bytes);
  if (!rows.is_known())
    return fail(Code::kUnsupported, "PSD: merged picture of compression {}", rows.compression());
  // Indexed: the one stored colour channel, then alpha.
  const int stored_colors = file.mode == kIndexed ? 1 : color_channels(image.format().model);
  const int wanted = stored_colors + (image.format().has_alpha ? 1 : 0);
  int bad = 0;
  for (int c = 0; c < wanted; ++c)
    for (int y = 0; y < image.height(); ++y) {
      const uint8_t* row = rows.next();
      bad += row == nullptr;
      if (row != nullptr)
        take_row(image, file, c < stored_colors ? c : image.alpha_channel(), y, row);
    }
  if (bad == wanted * image.height()) return corrupt("no row of the merged picture can be read");
  return bad;
}

Result<Decoded> decode(const DecodeCall& call, ByteSpan bytes, PixelMemory& pixels) {
  IMAGEMILL_ASSIGN_OR_RETURN(File file, open(bytes));
  Decoded decoded;
  decoded.header = file.header;
  IMAGEMILL_ASSIGN_OR_RETURN(decoded.image, pixels.allocate({decoded.header, 1}));
  IMAGEMILL_ASSIGN_OR_RETURN(const int bad, read_pixels(decoded.image, file));
  if (bad > 0) {
    const std::string words = fmt::format("PSD: {} rows are missing or broken", bad);
    if (call.fail_on >= FailOn::kTruncated) return fail(Code::kCorruptInput, "{}", words);
    decoded.is_damaged = true;
    decoded.warnings.push_back(words);
  }
  if (file.mode == kIndexed) apply_palette(decoded.image, file);
  finish(decoded.image);
  if (file.depth == 32) decoded.image.color.transfer = TransferFunction::kLinear;
  decoded.image.color.icc = file.metadata.icc;
  decoded.metadata = std::move(file.metadata);
  return decoded;
}

constexpr Family kFamily{.prepare = nullptr,
                         .needs_threads = false,
                         .read_header = read_header,
                         .decode = decode,
                         .encode = nullptr};

}  // namespace
}  // namespace imagemill::codec_host

extern "C" const imagemill::codec_host::Family* imagemill_codec_family() {
  return &imagemill::codec_host::kFamily;
}
