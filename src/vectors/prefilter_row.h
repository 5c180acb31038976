// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// How one row becomes its entry in a Prefilter.
#pragma once

#include <cstdint>
#include <vector>

#include "imagemill/status.h"
#include "vectors/rotation.h"
#include "vectors/vector_view.h"

namespace imagemill {

// x * unit - mean is what is encoded. Any mean gives true bounds; a near one gives tight ones.
struct RowScaling {
  double unit = 1;           // kL2: a power of two that brings every number below 2
  std::vector<double> mean;  // of up to 65,536 rows, evenly spread
};

// kInvalidArgument for the first row with a NaN or an infinity.
Result<RowScaling> measure_row_scaling(VectorView rows, Metric metric, int threads);

struct PrefilterRow {
  float step = 0;
  float coarse_error = 0;
  float fine_error = 0;
  float norm = 0;
  std::vector<uint32_t> upper;
  std::vector<uint32_t> lower;
};

class PrefilterRowEncoder {
 public:
  PrefilterRowEncoder(Metric metric, const RowScaling& scaling);

  const PrefilterRow& encode(VectorView rows, size_t index);  // valid until the next call

 private:
  Metric metric_;
  RowScaling scaling_;
  Rotation rotation_;
  std::vector<float> x_;
  PrefilterRow row_;
};

}  // namespace imagemill
