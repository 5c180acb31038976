// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Resamples one plane with zimg (the only library of this folder's resize, and plane_resize.cc the
// only file that includes it). Colour, alpha and subsampling are the business of resize.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

enum class ResizeKernel : uint8_t { kLanczos3, kCubic, kLinear, kNearest };

// Which part of the source plane is seen, in its samples: sample i covers [i, i + 1). It may reach
// past the plane's edge (the last chroma sample of an odd picture does).
struct PlaneWindow {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
  bool operator==(const PlaneWindow&) const = default;
};

struct PlaneGeometry {
  int src_width = 0;
  int src_height = 0;
  int dst_width = 0;
  int dst_height = 0;
  PlaneWindow window;
  bool operator==(const PlaneGeometry&) const = default;
};

// What the arithmetic works on. kU8 may go in and come out as kU8 or kFrac8 (8-bit value with 8
// fractional bits: white is 65280); it is resampled in 16-bit integers. kF32 stays kF32.
enum class WorkSample : uint8_t { kU8, kFrac8, kF32 };

// Fills row[left, right) of source row y; called with increasing y, but the same samples may be
// asked for again.
using RowReader = std::function<void(int y, int left, int right, void* row)>;
// Takes row[left, right) of result row y.
using RowWriter = std::function<void(int y, int left, int right, const void* row)>;

struct PlaneInput {
  WorkSample sample = WorkSample::kU8;  // kU8 or kF32
  Plane plane;                          // used where there is no reader
  RowReader read;
};

struct PlaneOutput {
  WorkSample sample = WorkSample::kU8;
  Plane plane;  // used where there is no writer
  RowWriter write;
};

// Owns a bounded cache of zimg graphs, least recently used first out, and the working memory of
// calls in flight. All methods may be called from any thread; a graph is immutable once built and
// shared, working memory is lent to one call at a time.
class PlaneResizer {
 public:
  explicit PlaneResizer(int max_graphs);
  ~PlaneResizer();
  PlaneResizer(const PlaneResizer&) = delete;
  PlaneResizer& operator=(const PlaneResizer&) = delete;

  // Errors: kResourceExhausted, kUnsupported (zimg refuses the geometry).
  Result<> run(const PlaneGeometry& geometry, ResizeKernel kernel, const PlaneInput& in,
               const PlaneOutput& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace imagemill
