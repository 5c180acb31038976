// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/interleave.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cstdint>
#include <vector>

#include "support/status_matchers.h"

namespace imagemill {
namespace {

// Every target this machine has, one after the other; the scalar expectation is the index itself.
TEST(Interleave, moves_every_sample_to_its_plane_and_back_on_every_target) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().DeInit();
    for (const SampleType sample : {SampleType::kU8, SampleType::kU16, SampleType::kF32})
      for (const PixelFormat format :
           {PixelFormat::gray(sample), PixelFormat::gray(sample, true), PixelFormat::rgb(sample),
            PixelFormat::rgb(sample, true), PixelFormat{sample, ColorModel::kCmyk, true}})
        for (const int width : {1, 2, 15, 16, 17, 31, 33, 64, 65, 200}) {
          ASSERT_OK_AND_ASSIGN(const Image image, Image::allocate(width, 2, format));
          const auto samples = static_cast<size_t>(sample_bytes(sample));
          std::vector<std::byte> row(interleaved_row_bytes(image)), back(row.size());
          for (size_t i = 0; i < row.size(); ++i) row[i] = static_cast<std::byte>(i * 7 + i / 251);
          deinterleave_row(image, 1, row.data());
          const auto channels = static_cast<size_t>(format.channels());
          for (size_t i = 0; i < row.size(); ++i) {
            const size_t pixel = i / (samples * channels);
            const size_t channel = i / samples % channels;
            ASSERT_EQ(image.plane(static_cast<int>(channel))
                          .row<std::byte>(1)[pixel * samples + i % samples],
                      row[i])
                << to_string(format) << " width " << width << " " << hwy::TargetName(target);
          }
          interleave_row(back.data(), image, 1);
          ASSERT_EQ(back, row) << to_string(format) << " width " << width;
        }
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().DeInit();
}

}  // namespace
}  // namespace imagemill
