// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/input_tensor.h"

#include <algorithm>
#include <cmath>

#include "base/half.h"

namespace imagemill {
namespace {

constexpr int kChannels = 3;

// What the network wants of a value 0..1. It was trained on pictures of 8 bits, and some notice the
// difference: without the rounding features of MobileNetV2 are up to 0.008 (cosine) off.
struct Affine {
  float factor = 1;  // of 0..255
  float offset = 0;
  float operator()(float value) const {
    return std::nearbyint(std::clamp(value * 255, 0.0f, 255.0f)) * factor + offset;
  }
};

// In the order of the tensor's channels.
Affine affine_of(const ModelInput& input, int channel) {
  const auto c = static_cast<size_t>(channel);
  return {static_cast<float>(input.scale / input.stddev[c]),
          static_cast<float>(-input.mean[c] / input.stddev[c])};
}

// Which plane of an RGB picture a channel of the tensor is.
int plane_of(const ModelInput& input, int channel) {
  return input.color == InputColor::kRgb ? channel : kChannels - 1 - channel;
}

void store(ElementType type, std::byte* out, float value) {
  switch (type) {
    case ElementType::kF16:
      *reinterpret_cast<uint16_t*>(out) = float_to_half(value);
      return;
    case ElementType::kU8:
      *reinterpret_cast<uint8_t*>(out) =
          static_cast<uint8_t>(std::lrint(std::clamp(value, 0.0f, 255.0f)));
      return;
    default:
      *reinterpret_cast<float*>(out) = value;
  }
}

// Where the pixel's channel lies in the row, in elements.
size_t position(const ModelInput& input, int channel, int x, int y) {
  const auto width = static_cast<size_t>(input.width);
  const size_t pixel = static_cast<size_t>(y) * width + static_cast<size_t>(x);
  const auto c = static_cast<size_t>(channel);
  return input.layout == InputLayout::kNhwc ? pixel * kChannels + c
                                            : c * width * static_cast<size_t>(input.height) + pixel;
}

}  // namespace

InputPlacement place_picture(int picture_width, int picture_height, const ModelInput& input) {
  const double w = picture_width;
  const double h = picture_height;
  InputPlacement p{
      .shown_width = w, .shown_height = h, .width = input.width, .height = input.height};
  switch (input.fit) {
    case InputFit::kSquash:
      break;
    case InputFit::kCrop: {
      const int shorter = std::min(picture_width, picture_height);
      const auto side = [&](int full) {
        return full == shorter
                   ? input.resize
                   : std::max(input.resize,
                              static_cast<int>(static_cast<double>(input.resize) * full / shorter));
      };
      const int resized_w = side(picture_width);
      const int resized_h = side(picture_height);
      // Of the resized picture; half a pixel goes to the even side, as Python's round() does it.
      const double left = std::nearbyint((resized_w - input.width) / 2.0);
      const double top = std::nearbyint((resized_h - input.height) / 2.0);
      p.x = left * w / resized_w;
      p.y = top * h / resized_h;
      p.shown_width = input.width * w / resized_w;
      p.shown_height = input.height * h / resized_h;
      break;
    }
    case InputFit::kPad: {
      const double ratio = std::min(input.width / w, input.height / h);
      p.width = std::clamp(static_cast<int>(std::lround(w * ratio)), 1, input.width);
      p.height = std::clamp(static_cast<int>(std::lround(h * ratio)), 1, input.height);
      p.left = (input.width - p.width) / 2;
      p.top = (input.height - p.height) / 2;
      break;
    }
  }
  return p;
}

Shape input_row_shape(const ModelInput& input) {
  if (input.layout == InputLayout::kNhwc) return {input.height, input.width, kChannels};
  return {kChannels, input.height, input.width};
}

Result<InputTensor> InputTensor::over(const ModelInput& input, const InputPlacement& placement,
                                      ElementType type, std::span<std::byte> row) {
  if (type != ElementType::kF32 && type != ElementType::kF16 && type != ElementType::kU8)
    return fail(Code::kUnsupported, "an input of {}: expected float32, float16 or uint8",
                element_name(type));
  InputTensor tensor(input, placement, type, row);
  if (!tensor.is_drawn_in_place()) {
    IMAGEMILL_ASSIGN_OR_RETURN(
        tensor.picture_,
        Image::allocate(placement.width, placement.height, PixelFormat::rgb(SampleType::kF32)));
    return tensor;
  }
  auto* const values = reinterpret_cast<float*>(row.data());
  std::array<Plane, kMaxPlanes> planes{};
  for (int c = 0; c < kChannels; ++c) {
    planes[static_cast<size_t>(plane_of(input, c))] = {
        .data = reinterpret_cast<std::byte*>(values +
                                             position(input, c, placement.left, placement.top)),
        .stride_bytes = static_cast<ptrdiff_t>(sizeof(float)) * input.width,
        .width = placement.width,
        .height = placement.height};
  }
  // The row is the caller's; the picture lives no longer than this object.
  auto borrowed = std::make_shared<Buffer>();
  borrowed->data = row.data();
  borrowed->bytes = row.size();
  tensor.picture_ = Image::wrap(std::move(borrowed), placement.width, placement.height,
                                PixelFormat::rgb(SampleType::kF32), planes);
  return tensor;
}

void InputTensor::finish() {
  if (is_drawn_in_place()) return finish_in_place();
  const size_t bytes = element_bytes(type_);
  const float pad = static_cast<float>(input_.pad_value / 255);
  for (int c = 0; c < kChannels; ++c) {
    const Affine affine = affine_of(input_, c);
    const Plane& plane = picture_.plane(plane_of(input_, c));
    for (int y = 0; y < input_.height; ++y) {
      const int from_y = y - placement_.top;
      const bool is_row_shown = from_y >= 0 && from_y < placement_.height;
      for (int x = 0; x < input_.width; ++x) {
        const int from_x = x - placement_.left;
        const bool is_shown = is_row_shown && from_x >= 0 && from_x < placement_.width;
        const float value = is_shown ? plane.row<float>(from_y)[from_x] : pad;
        store(type_, &row_[position(input_, c, x, y) * bytes], affine(value));
      }
    }
  }
}

void InputTensor::finish_in_place() {
  auto* const values = reinterpret_cast<float*>(row_.data());
  const int right = placement_.left + placement_.width;
  for (int c = 0; c < kChannels; ++c) {
    const Affine affine = affine_of(input_, c);
    const float pad = affine(static_cast<float>(input_.pad_value / 255));
    for (int y = 0; y < input_.height; ++y) {
      float* const row = values + position(input_, c, 0, y);
      if (y < placement_.top || y >= placement_.top + placement_.height) {
        std::fill_n(row, input_.width, pad);
        continue;
      }
      std::fill(row, row + placement_.left, pad);
      for (int x = placement_.left; x < right; ++x) row[x] = affine(row[x]);
      std::fill(row + right, row + input_.width, pad);
    }
  }
}

}  // namespace imagemill
