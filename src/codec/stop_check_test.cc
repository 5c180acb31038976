// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/stop_check.h"

#include <cstring>

#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::HasSubstr;

// Every row another, so that a decoder which loses its place shows it.
Bytes striped(FileFormat format, Size size) {
  Image image = Image::allocate(size.width, size.height, PixelFormat::rgb()).value();
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < size.height; ++y)
      std::memset(image.plane(c).row<uint8_t>(y), (y * (c + 1)) % 251,
                  static_cast<size_t>(size.width));
  return encoder_for(format)->encode(image, {.lossless = true, .png_level = 1}, {}).value();
}

Result<Decoded> decode(ByteSpan bytes, const CancelToken& cancel, double max_seconds) {
  DecodeRequest request;
  request.limits.max_seconds = max_seconds;
  request.cancel = &cancel;
  return decode_image(bytes, request);
}

struct Stoppable {
  FileFormat format;
  Size size;  // WebP is stopped in large pictures alone
};

class StopCheckTest : public testing::TestWithParam<Stoppable> {};

TEST_P(StopCheckTest, stops_a_decode_that_is_late_or_not_wanted_any_more) {
  const auto [format, size] = GetParam();
  const Bytes file = striped(format, size);
  CancelToken cancel;
  ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode(file, cancel, 100));
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < size.height; ++y)
      ASSERT_EQ(decoded.image.plane(c).row<uint8_t>(y)[size.width - 1], (y * (c + 1)) % 251);
  EXPECT_THAT(decode(file, cancel, 0),
              FailsWith(Code::kResourceExhausted, HasSubstr("--limit-seconds")));
  cancel.request();
  EXPECT_THAT(decode(file, cancel, 100), FailsWith(Code::kCancelled));
}

INSTANTIATE_TEST_SUITE_P(Codec, StopCheckTest,
                         testing::Values(Stoppable{FileFormat::kPng, {64, 48}},
                                         Stoppable{FileFormat::kTiff, {64, 48}},
                                         Stoppable{FileFormat::kWebp, {4000, 2100}}),
                         [](const auto& test) {
                           return std::string(format_name(test.param.format));
                         });

}  // namespace
}  // namespace imagemill
