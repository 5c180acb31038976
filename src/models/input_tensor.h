// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// From a picture to a row of a network's input: which part of it is shown where, and what its
// numbers become.
#pragma once

#include <cstddef>
#include <span>

#include "imagemill/image.h"
#include "imagemill/status.h"
#include "infer/tensor.h"
#include "models/model_manifest.h"

namespace imagemill {

// The part [x, x + shown_width) x [y, y + shown_height) of an upright picture, in its pixels,
// fills width x height pixels of the input from (left, top) on. The rest is padding.
struct InputPlacement {
  double x = 0;
  double y = 0;
  double shown_width = 0;
  double shown_height = 0;
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
};

// kCrop gives what torchvision's Resize and CenterCrop do: the longer side is cut to whole pixels
// after the resize, the crop begins at the nearest even half.
InputPlacement place_picture(int picture_width, int picture_height, const ModelInput& input);

// One row of the input, without the batch dimension: 3 x height x width, or height x width x 3.
Shape input_row_shape(const ModelInput& input);

// Fills one row. The caller draws into picture(), then calls finish().
class InputTensor {
 public:
  // `row` has the bytes of input_row_shape() in `type`. Errors: kUnsupported for a type that is no
  // number of a picture (float32, float16, uint8 are), kResourceExhausted.
  static Result<InputTensor> over(const ModelInput& input, const InputPlacement& placement,
                                  ElementType type, std::span<std::byte> row);

  // Float32 RGB planes of placement.width x height for values 0..1 in sRGB. They lie in the row
  // itself where its layout is NCHW float32; a row of another kind is written by finish().
  Image& picture() { return picture_; }

  // Makes ((255 * value * scale) - mean) / std of the values and fills the padding. For uint8 rows
  // the result is rounded and clamped to 0..255.
  void finish();

 private:
  InputTensor(const ModelInput& input, const InputPlacement& placement, ElementType type,
              std::span<std::byte> row)
      : input_(input), placement_(placement), type_(type), row_(row) {}
  bool is_drawn_in_place() const {
    return type_ == ElementType::kF32 && input_.layout == InputLayout::kNchw;
  }
  void finish_in_place();

  const ModelInput& input_;
  const InputPlacement placement_;
  const ElementType type_;
  const std::span<std::byte> row_;
  Image picture_;
};

}  // namespace imagemill
