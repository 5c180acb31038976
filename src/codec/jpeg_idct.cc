// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/jpeg_idct.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/jpeg_idct.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h, as Highway asks.
#include "codec/jpeg_idct-inl.h"

#if HWY_ONCE
namespace imagemill {

HWY_EXPORT(idct_group);

void jpeg_inverse_dct(int n, const JpegBlockGroup& group, const int16_t* quantization, uint8_t* out,
                      ptrdiff_t stride) {
  HWY_DYNAMIC_DISPATCH(idct_group)(n, group, quantization, out, stride);
}

}  // namespace imagemill
#endif
