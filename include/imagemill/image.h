// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Pixels. Every picture is planar: one Plane a channel, in the order of its colour model, alpha
// last. JPEG stays in its own (possibly subsampled) YCbCr planes; float32 RGB planes laid one after
// the other are an NCHW tensor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "imagemill/status.h"

namespace imagemill {

enum class SampleType : uint8_t { kU8, kU16, kF16, kF32 };

// Bytes of one sample.
constexpr int sample_bytes(SampleType type) {
  return type == SampleType::kU8 ? 1 : type == SampleType::kF32 ? 4 : 2;
}
constexpr bool is_float(SampleType type) {
  return type == SampleType::kF16 || type == SampleType::kF32;
}

enum class ColorModel : uint8_t {
  kGray,   // Y
  kRgb,    // R G B
  kYCbCr,  // Y Cb Cr, full range
  kCmyk,   // C M Y K, 0 = no ink
};

constexpr int color_channels(ColorModel model) {
  return model == ColorModel::kGray ? 1 : model == ColorModel::kCmyk ? 4 : 3;
}

enum class TransferFunction : uint8_t { kSrgb, kLinear, kPq, kHlg, kBt709, kUnknown };
enum class Primaries : uint8_t { kBt709, kDisplayP3, kBt2020, kUnknown };
enum class YCbCrMatrix : uint8_t { kBt601, kBt709, kBt2020 };

struct PixelFormat {
  SampleType sample = SampleType::kU8;
  ColorModel model = ColorModel::kRgb;
  bool has_alpha = false;      // straight (not premultiplied), never subsampled
  uint8_t chroma_shift_x = 0;  // log2 of the horizontal / vertical chroma subsampling, kYCbCr only
  uint8_t chroma_shift_y = 0;

  int channels() const { return color_channels(model) + (has_alpha ? 1 : 0); }
  bool is_subsampled() const { return chroma_shift_x != 0 || chroma_shift_y != 0; }
  bool operator==(const PixelFormat&) const = default;

  static PixelFormat gray(SampleType type = SampleType::kU8, bool alpha = false) {
    return {type, ColorModel::kGray, alpha};
  }
  static PixelFormat rgb(SampleType type = SampleType::kU8, bool alpha = false) {
    return {type, ColorModel::kRgb, alpha};
  }
};

// "rgb8", "ycbcr8 4:2:0", "gray16+alpha": for messages, reports and rows.
std::string to_string(const PixelFormat& format);

// How the samples are to be read. An ICC profile, when there is one, overrules transfer and
// primaries.
struct ColorSpace {
  TransferFunction transfer = TransferFunction::kSrgb;
  Primaries primaries = Primaries::kBt709;
  YCbCrMatrix matrix = YCbCrMatrix::kBt601;
  std::shared_ptr<const std::vector<std::byte>> icc;  // null: none embedded
};

enum class MemoryKind : uint8_t { kHost, kHostPinned, kDevice };

// Bytes with an owner. The deleter is called once, when the last Image that shares the buffer is
// gone.
struct Buffer {
  std::byte* data = nullptr;
  size_t bytes = 0;
  MemoryKind kind = MemoryKind::kHost;
  int device = 0;
  void (*deleter)(Buffer&) = nullptr;
  void* deleter_context = nullptr;

  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() {
    if (deleter != nullptr) deleter(*this);
  }
};

// Host memory aligned to 64 bytes, uninitialised. kResourceExhausted when the system has none.
Result<std::shared_ptr<Buffer>> allocate_buffer(size_t bytes);

// One channel. Rows start 64 bytes aligned in images made by Image::allocate.
struct Plane {
  std::byte* data = nullptr;
  ptrdiff_t stride_bytes = 0;
  int width = 0;
  int height = 0;

  template <typename T>
  T* row(int y) const {
    return reinterpret_cast<T*>(data + y * stride_bytes);
  }
};

inline constexpr int kMaxPlanes = 5;

// A picture: planes plus how to read them. Copies share the pixels (a copy is a view); clone()
// makes new ones. Const methods may be called from any thread; whoever writes pixels must be the
// only user of the buffer.
class Image {
 public:
  Image() = default;

  // Uninitialised planes. Width and height in pixels, at least 1. Errors: kInvalidArgument,
  // kResourceExhausted.
  static Result<Image> allocate(int width, int height, PixelFormat format);

  // The planes that allocate() would make, in memory that the caller got elsewhere (a pool, shared
  // memory). `buffer` is 64 bytes aligned. Errors: those of allocate(), and kInvalidArgument when
  // the buffer is smaller than image_bytes().
  static Result<Image> lay_out(std::shared_ptr<Buffer> buffer, int width, int height,
                               PixelFormat format);

  // Wraps memory that the caller laid out. Plane sizes must be those plane_width/plane_height give.
  static Image wrap(std::shared_ptr<Buffer> buffer, int width, int height, PixelFormat format,
                    std::array<Plane, kMaxPlanes> planes);

  bool empty() const { return width_ == 0; }
  int width() const { return width_; }
  int height() const { return height_; }
  const PixelFormat& format() const { return format_; }
  int channels() const { return format_.channels(); }
  const Plane& plane(int channel) const { return planes_[static_cast<size_t>(channel)]; }
  int alpha_channel() const { return format_.has_alpha ? format_.channels() - 1 : -1; }

  ColorSpace color;

  size_t bytes() const { return buffer_ ? buffer_->bytes : 0; }
  const std::shared_ptr<Buffer>& buffer() const { return buffer_; }

  Result<Image> clone() const;
  // Into the pixels of `out`, which has the same size and format.
  void copy_pixels_to(const Image& out) const;
  // The same pixels without their alpha plane.
  Image without_alpha() const;
  // A rectangle of the same pixels. x and y must be multiples of the chroma subsampling.
  Image crop(int x, int y, int width, int height) const;

 private:
  int width_ = 0;
  int height_ = 0;
  PixelFormat format_;
  std::array<Plane, kMaxPlanes> planes_{};
  std::shared_ptr<Buffer> buffer_;
};

// Size of a channel's plane: chroma of subsampled YCbCr rounds up.
int plane_width(const PixelFormat& format, int channel, int width);
int plane_height(const PixelFormat& format, int channel, int height);

// Bytes that Image::allocate would take; kResourceExhausted when they do not fit size_t.
Result<size_t> image_bytes(int width, int height, const PixelFormat& format);

// EXIF orientation (TIFF 6.0 tag 274): how the stored raster must be turned to be seen upright.
enum class Orientation : uint8_t {
  kNormal = 1,
  kFlipHorizontal = 2,
  kRotate180 = 3,
  kFlipVertical = 4,
  kTranspose = 5,
  kRotate90 = 6,  // turn clockwise by 90 degrees
  kTransverse = 7,
  kRotate270 = 8,  // turn clockwise by 270 degrees
};

constexpr bool swaps_axes(Orientation o) { return static_cast<int>(o) >= 5; }

struct Size {
  int width = 0;
  int height = 0;
  bool operator==(const Size&) const = default;
};

constexpr Size oriented(Size stored, Orientation o) {
  return swaps_axes(o) ? Size{stored.height, stored.width} : stored;
}

}  // namespace imagemill
