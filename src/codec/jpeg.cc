// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/jpeg.h"

#include <jerror.h>

#include <string_view>

namespace imagemill {
namespace {

constexpr size_t kWarningsKept = 8;

JpegErrors& errors_of(j_common_ptr codec) { return *reinterpret_cast<JpegErrors*>(codec->err); }

[[noreturn]] void on_fatal_error(j_common_ptr codec) {
  JpegErrors& errors = errors_of(codec);
  char text[JMSG_LENGTH_MAX];
  codec->err->format_message(codec, text);
  errors.fatal_code = codec->err->msg_code;
  errors.fatal_message = text;
  std::longjmp(errors.on_fatal, 1);
}

void on_message(j_common_ptr codec, int level) {
  if (level >= 0) return;  // traces
  JpegErrors& errors = errors_of(codec);
  ++codec->err->num_warnings;
  const auto* d = codec->is_decompressor ? reinterpret_cast<j_decompress_ptr>(codec) : nullptr;
  const auto note_end_of_data = [&] {
    if (!errors.is_truncated && d != nullptr)
      errors.is_empty = d->input_scan_number <= 1 && d->input_iMCU_row == 0;
    errors.is_truncated = true;
  };
  switch (codec->err->msg_code) {
    case JWRN_JPEG_EOF:
      note_end_of_data();
      break;
    case JWRN_HIT_MARKER:
      // A picture that ends too early with an end marker lacks as much as one that is cut off.
      if (d != nullptr && d->unread_marker == JPEG_EOI)
        note_end_of_data();
      else
        errors.is_damaged = true;
      break;
    // Harmless: stray bytes between markers, a marker that is only unusual.
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
    case JWRN_BOGUS_ICC:
      break;
    default:
      errors.is_damaged = true;
  }
  if (errors.warnings.size() >= kWarningsKept) return;
  char text[JMSG_LENGTH_MAX];
  codec->err->format_message(codec, text);
  if (errors.warnings.empty() || errors.warnings.back() != text) errors.warnings.emplace_back(text);
}

// The shift s with factor << s == whole, for chroma coarser than luma by 1, 2 or 4; -1 for anything
// else.
int subsampling_shift(int whole, int factor) {
  for (int s = 0; s <= 2; ++s)
    if (factor << s == whole) return s;
  return -1;
}

}  // namespace

jpeg_error_mgr* JpegErrors::attach() {
  jpeg_std_error(&base);
  base.error_exit = on_fatal_error;
  base.emit_message = on_message;
  return &base;
}

void JpegErrors::stop(std::string why) {
  is_cut_short = true;
  fatal_message = std::move(why);
  std::longjmp(on_fatal, 1);
}

Status JpegErrors::status() const {
  if (stop_check != nullptr && stop_check->has_stopped())
    return stop_check->failure("JPEG").error();
  Code code = Code::kCorruptInput;
  if (is_cut_short || fatal_code == JERR_OUT_OF_MEMORY) code = Code::kResourceExhausted;
  if (fatal_code == JERR_SOF_UNSUPPORTED || fatal_code == JERR_BAD_PRECISION ||
      fatal_code == JERR_ARITH_NOTIMPL || fatal_code == JERR_CONVERSION_NOTIMPL ||
      fatal_code == JERR_FRACT_SAMPLE_NOTIMPL)
    code = Code::kUnsupported;
  return Status(code, "JPEG: " + fatal_message);
}

std::optional<PixelFormat> jpeg_plane_format(const jpeg_decompress_struct& codec) {
  if (codec.jpeg_color_space == JCS_GRAYSCALE && codec.num_components == 1)
    return PixelFormat::gray();
  if (codec.jpeg_color_space != JCS_YCbCr || codec.num_components != 3) return std::nullopt;
  const jpeg_component_info* c = codec.comp_info;
  const auto across = [](const jpeg_component_info& i) {
    return i.h_samp_factor * i.DCT_scaled_size;
  };
  const auto down = [](const jpeg_component_info& i) {
    return i.v_samp_factor * i.DCT_scaled_size;
  };
  if (across(c[0]) != codec.max_h_samp_factor * codec.min_DCT_scaled_size ||
      down(c[0]) != codec.max_v_samp_factor * codec.min_DCT_scaled_size ||
      across(c[1]) != across(c[2]) || down(c[1]) != down(c[2]))
    return std::nullopt;
  const int x = subsampling_shift(across(c[0]), across(c[1]));
  const int y = subsampling_shift(down(c[0]), down(c[1]));
  if (x < 0 || y < 0) return std::nullopt;
  return PixelFormat{SampleType::kU8, ColorModel::kYCbCr, false, static_cast<uint8_t>(x),
                     static_cast<uint8_t>(y)};
}

}  // namespace imagemill
