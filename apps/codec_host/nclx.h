// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imagemill/image.h"

namespace imagemill::codec_host {

// ITU-T H.273 code points, as HEIF, AVIF and JXL carry them. Not specified (2) is read as sRGB, as
// browsers do.
constexpr TransferFunction transfer_of(int h273) {
  switch (h273) {
    case 2:
    case 13:
      return TransferFunction::kSrgb;
    case 1:
    case 6:
    case 14:
    case 15:
      return TransferFunction::kBt709;
    case 8:
      return TransferFunction::kLinear;
    case 16:
      return TransferFunction::kPq;
    case 18:
      return TransferFunction::kHlg;
    default:
      return TransferFunction::kUnknown;
  }
}

constexpr Primaries primaries_of(int h273) {
  switch (h273) {
    case 1:
    case 2:
      return Primaries::kBt709;
    case 9:
      return Primaries::kBt2020;
    case 12:
      return Primaries::kDisplayP3;
    default:
      return Primaries::kUnknown;
  }
}

constexpr int h273_of(TransferFunction transfer) {
  switch (transfer) {
    case TransferFunction::kSrgb:
      return 13;
    case TransferFunction::kLinear:
      return 8;
    case TransferFunction::kPq:
      return 16;
    case TransferFunction::kHlg:
      return 18;
    case TransferFunction::kBt709:
      return 1;
    case TransferFunction::kUnknown:
      break;
  }
  return 2;
}

constexpr int h273_of(Primaries primaries) {
  switch (primaries) {
    case Primaries::kBt709:
      return 1;
    case Primaries::kDisplayP3:
      return 12;
    case Primaries::kBt2020:
      return 9;
    case Primaries::kUnknown:
      break;
  }
  return 2;
}

}  // namespace imagemill::codec_host
