// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Colour conversion of the "curve, matrix, curve" kind: decode each channel, mix the channels,
// encode as sRGB (or leave linear). That is what matrix ICC profiles (Display P3, Adobe RGB, every
// phone) and coded spaces (nclx) need. Rows are worked in blocks that stay in the first-level
// cache: table look-ups, a vector pass, table look-ups.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "imagemill/image.h"
#include "kernels/transfer.h"

namespace imagemill {

// Encoded sample (0 to 1) to linear light.
using Curve = std::function<double(double)>;

struct MatrixShaperSpec {
  SampleType in = SampleType::kU8;
  SampleType out = SampleType::kU8;           // kU8, kU16: sRGB, clipped. kF32: linear, not clipped
  std::array<Curve, 3> curves;                // null: linear
  bool curves_are_equal = false;              // only curves[0] is read
  Matrix3 matrix{1, 0, 0, 0, 1, 0, 0, 0, 1};  // to linear BT.709
  bool is_hlg = false;                        // curves give the camera's light: apply the OOTF
  bool is_tone_mapped = false;
  std::array<double, 3> luminance{};  // of the input's primaries, for is_hlg
};

// Immutable once made: any thread may call rows().
class MatrixShaper {
 public:
  explicit MatrixShaper(MatrixShaperSpec spec);

  using InRow = std::array<const void*, 3>;
  using OutRow = std::array<void*, 3>;  // null: not wanted
  void row(const OutRow& out, const InRow& in, int width) const;

  // The same by formula alone.
  void row_ref(const OutRow& out, const InRow& in, int width) const;

 private:
  // A function of positive x, tabulated evenly in log2(x) and read with linear interpolation.
  struct LogTable {
    LogTable() = default;
    explicit LogTable(const std::function<double(double)>& f);
    float operator()(float x) const;
    std::vector<float> values;
  };

  void decode(float* out, const void* in, size_t channel, int begin, int count) const;
  void render_hdr(float* r, float* g, float* b, int count) const;
  void encode(void* out, const float* linear, int begin, int count) const;

  MatrixShaperSpec spec_;
  std::array<float, 9> matrix_{};
  bool matrix_is_identity_ = false;
  std::array<std::shared_ptr<const std::vector<float>>, 3> decode_tables_;  // integer input
  LogTable hlg_gain_;
  LogTable tone_gain_;
};

}  // namespace imagemill
