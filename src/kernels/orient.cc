// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Turns go through square tiles: a column of the source walks one cache line a row, and a tile's
// lines stay in the first-level cache until every byte of them is used.
#include "kernels/orient.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace imagemill {
namespace {

constexpr int kTile = 32;

template <typename T>
void mirror_plane(const Plane& src, const Plane& dst, bool flip_x, bool flip_y) {
  for (int y = 0; y < dst.height; ++y) {
    const T* const from = src.row<T>(flip_y ? src.height - 1 - y : y);
    T* const to = dst.row<T>(y);
    if (flip_x)
      std::reverse_copy(from, from + dst.width, to);
    else
      std::memcpy(to, from, static_cast<size_t>(dst.width) * sizeof(T));
  }
}

// dst(x, y) = src(y or mirrored y, x or mirrored x).
template <typename T>
void turn_plane(const Plane& src, const Plane& dst, bool flip_x, bool flip_y) {
  for (int top = 0; top < dst.height; top += kTile)
    for (int left = 0; left < dst.width; left += kTile) {
      const int bottom = std::min(top + kTile, dst.height);
      const int right = std::min(left + kTile, dst.width);
      for (int y = top; y < bottom; ++y) {
        const int column = flip_x ? src.width - 1 - y : y;
        const ptrdiff_t step = flip_y ? -src.stride_bytes : src.stride_bytes;
        const int first = flip_y ? src.height - 1 - left : left;
        const std::byte* from =
            src.data + first * src.stride_bytes + column * static_cast<ptrdiff_t>(sizeof(T));
        T* const to = dst.row<T>(y);
        for (int x = left; x < right; ++x, from += step) std::memcpy(to + x, from, sizeof(T));
      }
    }
}

template <typename T>
void orient_plane(const Plane& src, const Plane& dst, Orientation o) {
  if (swaps_axes(o))
    turn_plane<T>(src, dst, mirrors_x(o), mirrors_y(o));
  else
    mirror_plane<T>(src, dst, mirrors_x(o), mirrors_y(o));
}

}  // namespace

PixelFormat oriented_format(PixelFormat format, Orientation orientation) {
  if (swaps_axes(orientation)) std::swap(format.chroma_shift_x, format.chroma_shift_y);
  return format;
}

bool orients_exactly(Size size, const PixelFormat& format, Orientation orientation) {
  if (format.model != ColorModel::kYCbCr) return true;
  const bool whole_x = size.width % (1 << format.chroma_shift_x) == 0;
  const bool whole_y = size.height % (1 << format.chroma_shift_y) == 0;
  return (whole_x || !mirrors_x(orientation)) && (whole_y || !mirrors_y(orientation));
}

Result<Image> apply_orientation(const Image& src, Orientation orientation) {
  if (orientation == Orientation::kNormal || src.empty()) return src;
  const Size size = oriented({src.width(), src.height()}, orientation);
  IMAGEMILL_ASSIGN_OR_RETURN(
      Image dst,
      Image::allocate(size.width, size.height, oriented_format(src.format(), orientation)));
  dst.color = src.color;
  for (int c = 0; c < src.channels(); ++c) {
    switch (sample_bytes(src.format().sample)) {
      case 1:
        orient_plane<uint8_t>(src.plane(c), dst.plane(c), orientation);
        break;
      case 2:
        orient_plane<uint16_t>(src.plane(c), dst.plane(c), orientation);
        break;
      default:
        orient_plane<uint32_t>(src.plane(c), dst.plane(c), orientation);
        break;
    }
  }
  return dst;
}

}  // namespace imagemill
