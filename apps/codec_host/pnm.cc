// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The Netpbm formats (PBM, PGM, PPM, PAM) and PFM. No library: OpenImageIO 2.4 reads 16-bit samples
// off by one, and knows no PAM. Samples of a maximum up to 255 become 8 bits, larger ones 16, both
// over the full range; PFM is linear float32.
#include <bit>
#include <cstring>
#include <limits>

#include "family.h"
#include "interleaved.h"

namespace imagemill::codec_host {
namespace {

enum class Coding : uint8_t { kText, kBits, kBytes, kFloats };

struct File {
  ImageHeader header;
  Coding coding = Coding::kBytes;
  uint32_t max = 255;
  bool is_inverted = false;    // PBM: 1 is black
  bool is_big_endian = false;  // PFM
  ByteSpan pixels;
};

std::unexpected<Status> corrupt(std::string_view what) {
  return fail(Code::kCorruptInput, "PNM: {}", what);
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Words of a header: separated by white space, with comments from '#' to the end of the line.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  std::string_view next() {
    while (!rest_.empty() && (is_space(rest_[0]) || rest_[0] == '#'))
      rest_.remove_prefix(rest_[0] == '#' ? std::min(rest_.find('\n'), rest_.size()) : 1);
    size_t length = 0;
    while (length < rest_.size() && !is_space(rest_[length]) && rest_[length] != '#') ++length;
    const std::string_view word = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return word;
  }
  // nullopt for what is no number or a very large one.
  std::optional<uint32_t> number() {
    const std::string_view word = next();
    uint32_t value = 0;
    if (word.empty() || word.size() > 9) return std::nullopt;
    for (const char c : word) {
      if (c < '0' || c > '9') return std::nullopt;
      value = 10 * value + static_cast<uint32_t>(c - '0');
    }
    return value;
  }
  // One digit of a text bitmap, whose digits need no space between them.
  std::optional<uint32_t> digit() {
    while (!rest_.empty() && is_space(rest_[0])) rest_.remove_prefix(1);
    if (rest_.empty() || (rest_[0] != '0' && rest_[0] != '1')) return std::nullopt;
    const uint32_t value = rest_[0] == '1';
    rest_.remove_prefix(1);
    return value;
  }
  // What follows the one white space that ends a header.
  std::string_view body() const { return rest_.substr(std::min<size_t>(1, rest_.size())); }

 private:
  std::string_view rest_;
};

Result<> set_size(File& file, std::optional<uint32_t> width, std::optional<uint32_t> height) {
  if (!width || !height || *width == 0 || *height == 0) return corrupt("no size");
  file.header.width = static_cast<int>(*width);
  file.header.height = static_cast<int>(*height);
  return {};
}

Result<> set_max(File& file, std::optional<uint32_t> max) {
  if (!max || *max == 0 || *max > 65535) return corrupt("a sample maximum outside 1-65535");
  file.max = *max;
  file.header.pixel_format.sample = *max > 255 ? SampleType::kU16 : SampleType::kU8;
  return {};
}

Result<> read_pam(Words& words, File& file) {
  std::optional<uint32_t> width, height, depth, max;
  for (;;) {
    const std::string_view word = words.next();
    if (word.empty()) return corrupt("PAM without ENDHDR");
    if (word == "ENDHDR") break;
    if (word == "WIDTH") width = words.number();
    if (word == "HEIGHT") height = words.number();
    if (word == "DEPTH") depth = words.number();
    if (word == "MAXVAL") max = words.number();
    if (word == "TUPLTYPE") words.next();
  }
  if (!depth || *depth < 1 || *depth > 4)
    return fail(Code::kUnsupported, "PNM: PAM of {} channels", depth.value_or(0));
  IMAGEMILL_TRY(set_size(file, width, height));
  file.header.pixel_format = *depth <= 2 ? PixelFormat::gray(SampleType::kU8, *depth == 2)
                                         : PixelFormat::rgb(SampleType::kU8, *depth == 4);
  return set_max(file, max);
}

Result<> read_pfm(Words& words, File& file, bool color) {
  const auto width = words.number();
  IMAGEMILL_TRY(set_size(file, width, words.number()));
  file.header.pixel_format =
      color ? PixelFormat::rgb(SampleType::kF32) : PixelFormat::gray(SampleType::kF32);
  file.coding = Coding::kFloats;
  // The sign of the scale is the byte order; its value is a unit, not a factor.
  file.is_big_endian = !words.next().starts_with('-');
  return {};
}

Result<File> open(ByteSpan bytes) {
  Words words(as_text(bytes));
  const std::string_view magic = words.next();
  File file;
  file.header.format = FileFormat::kPnm;
  const char kind = magic.size() == 2 && magic[0] == 'P' ? magic[1] : '\0';
  if (kind == '7') {
    IMAGEMILL_TRY(read_pam(words, file));
  } else if (kind == 'F' || kind == 'f') {
    IMAGEMILL_TRY(read_pfm(words, file, kind == 'F'));
  } else if (kind >= '1' && kind <= '6') {
    const auto width = words.number();
    IMAGEMILL_TRY(set_size(file, width, words.number()));
    const bool bitmap = kind == '1' || kind == '4';
    file.header.pixel_format =
        kind == '3' || kind == '6' ? PixelFormat::rgb() : PixelFormat::gray();
    file.coding = kind <= '3' ? Coding::kText : bitmap ? Coding::kBits : Coding::kBytes;
    file.is_inverted = bitmap;
    IMAGEMILL_TRY(set_max(file, bitmap ? 1 : words.number()));
  } else {
    return corrupt("not one of P1-P7, PF, Pf");
  }
  file.pixels = as_byte_span(words.body());
  return file;
}

Result<ImageHeader> read_header(FileFormat, ByteSpan bytes) {
  IMAGEMILL_ASSIGN_OR_RETURN(const File file, open(bytes));
  return file.header;
}

// A sample over the full range of the output.
template <typename T>
T scaled(const File& file, uint32_t sample) {
  constexpr uint32_t kFull = std::numeric_limits<T>::max();
  sample = std::min(sample, file.max);
  if (file.is_inverted) sample = file.max - sample;
  return static_cast<T>((uint64_t{sample} * kFull + file.max / 2) / file.max);
}

// Each returns how many whole rows there were.
template <typename T>
int read_text(const Image& image, const File& file) {
  Words words(as_text(file.pixels));
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x)
      for (int c = 0; c < image.channels(); ++c) {
        const auto sample = file.is_inverted ? words.digit() : words.number();
        if (!sample) return y;
        image.plane(c).row<T>(y)[x] = scaled<T>(file, *sample);
      }
  return image.height();
}

// As many rows of row_bytes as the file has; `take` reads one.
template <typename Take>
int read_rows(const Image& image, const File& file, size_t row_bytes, Take take) {
  const size_t rows = std::min(file.pixels.size() / row_bytes, static_cast<size_t>(image.height()));
  for (size_t y = 0; y < rows; ++y)
    take(static_cast<int>(y), as_u8(file.pixels.subspan(y * row_bytes, row_bytes)));
  return static_cast<int>(rows);
}

int read_bits(const Image& image, const File& file) {
  return read_rows(
      image, file, (static_cast<size_t>(image.width()) + 7) / 8, [&](int y, const uint8_t* row) {
        for (int x = 0; x < image.width(); ++x)
          image.plane(0).row<uint8_t>(y)[x] = scaled<uint8_t>(file, row[x / 8] >> (7 - x % 8) & 1u);
      });
}

template <typename T>
int read_bytes(const Image& image, const File& file) {
  const int channels = image.channels();
  const size_t row_bytes =
      static_cast<size_t>(image.width()) * static_cast<size_t>(channels) * sizeof(T);
  return read_rows(image, file, row_bytes, [&](int y, const uint8_t* row) {
    for (int c = 0; c < channels; ++c) {
      T* out = image.plane(c).row<T>(y);
      const uint8_t* from = row + static_cast<size_t>(c) * sizeof(T);
      for (int x = 0; x < image.width(); ++x, from += static_cast<size_t>(channels) * sizeof(T))
        out[x] = scaled<T>(file, sizeof(T) == 1 ? *from : read_u16(from, true));
    }
  });
}

// PFM has its lowest row first.
int read_floats(const Image& image, const File& file) {
  const int channels = image.channels();
  const size_t row_bytes = 4 * static_cast<size_t>(image.width()) * static_cast<size_t>(channels);
  return read_rows(image, file, row_bytes, [&](int y, const uint8_t* row) {
    for (int c = 0; c < channels; ++c)
      for (int x = 0; x < image.width(); ++x)
        image.plane(c).row<float>(image.height() - 1 - y)[x] = std::bit_cast<float>(
            read_u32(row + 4 * (static_cast<size_t>(x) * static_cast<size_t>(channels) +
                                static_cast<size_t>(c)),
                     file.is_big_endian));
  });
}

int read_pixels(const Image& image, const File& file) {
  const bool deep = image.format().sample == SampleType::kU16;
  switch (file.coding) {
    case Coding::kText:
      return deep ? read_text<uint16_t>(image, file) : read_text<uint8_t>(image, file);
    case Coding::kBits:
      return read_bits(image, file);
    case Coding::kBytes:
      return deep ? read_bytes<uint16_t>(image, file) : read_bytes<uint8_t>(image, file);
    case Coding::kFloats:
      return read_floats(image, file);
  }
  return 0;
}

Result<Decoded> decode(const DecodeCall& call, ByteSpan bytes, PixelMemory& pixels) {
  IMAGEMILL_ASSIGN_OR_RETURN(const File file, open(bytes));
  Decoded decoded;
  decoded.header = file.header;
  IMAGEMILL_ASSIGN_OR_RETURN(decoded.image, pixels.allocate({decoded.header, 1}));
  const int rows = read_pixels(decoded.image, file);
  if (rows < file.header.height) {
    const std::string words = fmt::format("PNM: {} of {} rows", rows, file.header.height);
    if (rows == 0 || call.fail_on >= FailOn::kTruncated)
      return fail(Code::kCorruptInput, "{}", words);
    decoded.is_damaged = true;
    decoded.warnings.push_back(words);
  }
  if (file.coding == Coding::kFloats) decoded.image.color.transfer = TransferFunction::kLinear;
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
