// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// JPEG stays in its own planes: raw-data output hands over what the inverse DCT made, at a DCT
// scale (libjpeg's n/8), before any chroma upsampling or colour conversion. What is not plain YCbCr
// or grey (CMYK, YCCK, RGB, odd sampling factors) is read as rows.
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "codec/jpeg.h"
#include "codec/jpeg_planes.h"
#include "codec/jpeg_xmp.h"
#include "codec/registry.h"
#include "image/exif.h"

namespace imagemill {
namespace {

// libjpeg's documentation of abusive streams suggests a cap on scans; real progressive files have
// about ten.
constexpr int kScansMax = 500;

// 7/8 takes longer than the whole.
constexpr std::array kScales = {1, 2, 3, 4, 5, 6, 8};

struct Decompressor {
  jpeg_decompress_struct codec{};
  JpegErrors errors;
  jpeg_progress_mgr progress{};

  Decompressor() {
    codec.err = errors.attach();
    jpeg_create_decompress(&codec);
    codec.progress = &progress;
    progress.progress_monitor = [](j_common_ptr c) {
      auto* d = reinterpret_cast<j_decompress_ptr>(c);
      auto& e = *reinterpret_cast<JpegErrors*>(c->err);
      if (d->input_scan_number > kScansMax) e.stop(fmt::format("more than {} scans", kScansMax));
      if (e.stop_check != nullptr && e.stop_check->is_due()) e.stop("stopped");
    };
  }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;
  ~Decompressor() { jpeg_destroy_decompress(&codec); }

  // False after a fatal error. `work` must not own anything: a longjmp leaves it.
  template <typename Work>
  bool run(Work&& work) {
    if (setjmp(errors.on_fatal) != 0) return false;
    work();
    return true;
  }
};

ByteSpan marker_bytes(const jpeg_marker_struct& m) {
  return {reinterpret_cast<const std::byte*>(m.data), m.data_length};
}

// The record in a Photoshop resource block: "8BIM", id, Pascal name padded to even, size, data
// padded to even.
ByteSpan find_iptc(ByteSpan block) {
  const std::string_view text = as_text(block);
  size_t at = kJpegPhotoshopPrefix.size();
  while (at + 12 <= block.size() && text.substr(at, 4) == "8BIM") {
    const uint8_t* p = as_u8(block) + at;
    const size_t name = (size_t{p[6]} + 2) & ~size_t{1};
    if (at + 6 + name + 4 > block.size()) break;
    const size_t size = read_u32(p + 6 + name, true);
    const size_t from = at + 6 + name + 4;
    if (size > block.size() - from) break;
    if (read_u16(p + 4, true) == 1028) return block.subspan(from, size);
    at = from + ((size + 1) & ~size_t{1});
  }
  return {};
}

Bytes copy_of(ByteSpan bytes) { return Bytes(bytes.begin(), bytes.end()); }

Metadata read_metadata(Decompressor& d) {
  Metadata metadata;
  JpegXmpReader xmp;
  for (const jpeg_marker_struct* m = d.codec.marker_list; m != nullptr; m = m->next) {
    const ByteSpan bytes = marker_bytes(*m);
    const std::string_view text = as_text(bytes);
    if (m->marker == JPEG_APP0 + 1 && text.starts_with(kJpegExifPrefix) && metadata.exif.empty())
      metadata.exif = copy_of(bytes.subspan(kJpegExifPrefix.size()));
    else if (m->marker == JPEG_APP0 + 1)
      xmp.add(bytes);
    else if (m->marker == JPEG_APP0 + 13 && text.starts_with(kJpegPhotoshopPrefix) &&
             metadata.iptc.empty())
      metadata.iptc = copy_of(find_iptc(bytes));
  }
  std::string warning;
  metadata.xmp = xmp.packet(warning);
  if (!warning.empty()) d.errors.warnings.push_back(std::move(warning));
  JOCTET* icc = nullptr;
  unsigned icc_bytes = 0;
  if (d.run([&] { jpeg_read_icc_profile(&d.codec, &icc, &icc_bytes); }) && icc != nullptr) {
    const auto* data = reinterpret_cast<const std::byte*>(icc);
    metadata.icc = std::make_shared<const Bytes>(data, data + icc_bytes);
    std::free(icc);
  }
  return metadata;
}

PixelFormat row_format(const jpeg_decompress_struct& codec) {
  switch (codec.jpeg_color_space) {
    case JCS_GRAYSCALE:
      return PixelFormat::gray();
    case JCS_CMYK:
    case JCS_YCCK:
      return {SampleType::kU8, ColorModel::kCmyk};
    default:
      return PixelFormat::rgb();
  }
}

ImageHeader header_of(Decompressor& d) {
  ImageHeader header{.format = FileFormat::kJpeg};
  bool has_exif = false;
  header.width = static_cast<int>(d.codec.image_width);
  header.height = static_cast<int>(d.codec.image_height);
  header.is_progressive =
      d.codec.progressive_mode || d.codec.comps_in_scan < d.codec.num_components;
  for (const jpeg_marker_struct* m = d.codec.marker_list; m != nullptr; m = m->next) {
    const ByteSpan bytes = marker_bytes(*m);
    // The first counts, as in read_metadata().
    if (m->marker == JPEG_APP0 + 1 && as_text(bytes).starts_with(kJpegExifPrefix) && !has_exif) {
      header.orientation = exif_orientation(bytes.subspan(kJpegExifPrefix.size()));
      has_exif = true;
    }
    if (m->marker == JPEG_APP0 + 2 && as_text(bytes).starts_with("ICC_PROFILE"))
      header.has_icc = true;
  }
  return header;
}

int scale_for(const ImageHeader& header, const DecodeRequest& request) {
  if (request.at_least == Size{}) return 8;
  for (const int n : kScales) {
    const auto scaled = [n](int side) { return (static_cast<int64_t>(side) * n + 7) / 8; };
    if (scaled(header.width) >= request.at_least.width &&
        scaled(header.height) >= request.at_least.height)
      return n;
  }
  return 8;
}

// Planes whose rows and columns reach to the end of the last MCU, where libjpeg writes; the Image
// shows the picture alone.
Result<Image> allocate_raw_image(const jpeg_decompress_struct& codec, const PixelFormat& format) {
  const int width = static_cast<int>(codec.output_width);
  const int height = static_cast<int>(codec.output_height);
  std::array<size_t, kMaxPlanes> offsets{};
  std::array<Plane, kMaxPlanes> planes{};
  size_t total = 0;
  for (int c = 0; c < codec.num_components; ++c) {
    const jpeg_component_info& info = codec.comp_info[c];
    const size_t columns = size_t{info.width_in_blocks} * static_cast<size_t>(info.DCT_scaled_size);
    const size_t rows = size_t{codec.total_iMCU_rows} *
                        static_cast<size_t>(info.v_samp_factor * info.DCT_scaled_size);
    const size_t stride = (columns + 63) / 64 * 64;
    offsets[static_cast<size_t>(c)] = total;
    planes[static_cast<size_t>(c)] = {nullptr, static_cast<ptrdiff_t>(stride),
                                      plane_width(format, c, width),
                                      plane_height(format, c, height)};
    total += stride * rows;
  }
  IMAGEMILL_ASSIGN_OR_RETURN(std::shared_ptr<Buffer> buffer, allocate_buffer(total + 64));
  for (int c = 0; c < codec.num_components; ++c)
    planes[static_cast<size_t>(c)].data = buffer->data + offsets[static_cast<size_t>(c)];
  return Image::wrap(std::move(buffer), width, height, format, planes);
}

// Decodes into `image`; rows_done tells how many MCU rows are real when it ends early.
// Stops after the first MCU row of a picture that is not there.
void read_raw(jpeg_decompress_struct& codec, const Image& image, const JpegErrors& errors,
              JDIMENSION& rows_done) {
  constexpr int kRowsMax = 4 * 16;  // sampling factors up to 4, scaled blocks up to 16
  JSAMPROW rows[MAX_COMPS_IN_SCAN][kRowsMax];
  JSAMPARRAY planes[MAX_COMPS_IN_SCAN];
  const auto lines = static_cast<JDIMENSION>(codec.max_v_samp_factor * codec.min_DCT_scaled_size);
  while (codec.output_scanline < codec.output_height && !errors.is_empty) {
    const auto mcu_row = static_cast<int>(codec.output_scanline / lines);
    for (int c = 0; c < codec.num_components; ++c) {
      const int count = codec.comp_info[c].v_samp_factor * codec.comp_info[c].DCT_scaled_size;
      for (int y = 0; y < count; ++y) rows[c][y] = image.plane(c).row<JSAMPLE>(mcu_row * count + y);
      planes[c] = rows[c];
    }
    jpeg_read_raw_data(&codec, planes, lines);
    ++rows_done;
  }
}

// Reads interleaved rows and takes them apart. Adobe's CMYK files hold inverted ink, ours does not.
void read_rows(jpeg_decompress_struct& codec, const Image& image, const JpegErrors& errors,
               JSAMPLE* line, JDIMENSION& rows_done) {
  const int channels = image.channels();
  const uint8_t flip =
      image.format().model == ColorModel::kCmyk && codec.saw_Adobe_marker ? 255 : 0;
  while (codec.output_scanline < codec.output_height && !errors.is_empty) {
    const auto y = static_cast<int>(codec.output_scanline);
    jpeg_read_scanlines(&codec, &line, 1);
    for (int c = 0; c < channels; ++c) {
      auto* out = image.plane(c).row<uint8_t>(y);
      for (int x = 0; x < image.width(); ++x)
        out[x] = static_cast<uint8_t>(line[x * channels + c] ^ flip);
    }
    ++rows_done;
  }
}

// What no data reached is mid-grey. `rows_done` counts MCU rows of raw planes, lines of row-wise
// pictures.
void fill_missing(const jpeg_decompress_struct& codec, const Image& image, JDIMENSION rows_done) {
  for (int c = 0; c < image.channels(); ++c) {
    const Plane& plane = image.plane(c);
    const int step = codec.raw_data_out
                         ? codec.comp_info[c].v_samp_factor * codec.comp_info[c].DCT_scaled_size
                         : 1;
    for (int y = static_cast<int>(rows_done) * step; y < plane.height; ++y)
      std::memset(plane.row<uint8_t>(y), 128, static_cast<size_t>(plane.width));
  }
}

Result<> check_damage(const Decompressor& d, FailOn fail_on) {
  const JpegErrors& e = d.errors;
  const bool is_error = (fail_on >= FailOn::kTruncated && e.is_truncated) ||
                        (fail_on >= FailOn::kError && e.is_damaged) ||
                        (fail_on >= FailOn::kWarning && !e.warnings.empty());
  if (is_error)
    return fail(Code::kCorruptInput, "JPEG: {}",
                e.warnings.empty() ? "damaged" : e.warnings.front());
  return {};
}

class JpegDecoder final : public Decoder {
 public:
  Result<ImageHeader> read_header(ByteSpan bytes) const override {
    Decompressor d;
    IMAGEMILL_TRY(open(d, bytes));
    ImageHeader header = header_of(d);
    d.codec.scale_num = d.codec.scale_denom = 8;
    if (!d.run([&] { jpeg_calc_output_dimensions(&d.codec); }))
      return std::unexpected(d.errors.status());
    header.pixel_format = jpeg_plane_format(d.codec).value_or(row_format(d.codec));
    return header;
  }

  Size decoded_size(const ImageHeader& header, const DecodeRequest& request) const override {
    const int64_t n = scale_for(header, request);
    return {static_cast<int>((header.width * n + 7) / 8),
            static_cast<int>((header.height * n + 7) / 8)};
  }

  uint64_t decode_bytes(const ImageHeader& header, const DecodeRequest& request) const override {
    constexpr uint64_t kFixed = 1 << 20;  // libjpeg's own tables and row buffers
    constexpr uint64_t kLines = 40;  // upsampled and converted at once, of what is read as rows
    const auto padded = [](int side) { return (static_cast<uint64_t>(side) + 31) / 32 * 32; };
    const PixelFormat& format = header.pixel_format;
    const uint64_t channels = static_cast<uint64_t>(format.channels());
    const Size size = decoded_size(header, request);
    // At lesser scales libjpeg makes chroma as fine as luma where it can.
    const bool is_full = scale_for(header, request) == 8;
    const auto plane_bytes = [&](int shift_x, int shift_y) {
      // Groups of 16 blocks of 8 x 8 are written whole.
      const uint64_t stride = ((padded(size.width) >> shift_x) + 127) / 128 * 128;
      return stride * (padded(size.height) >> shift_y);
    };
    uint64_t bytes =
        kFixed + plane_bytes(0, 0) +
        (channels - 1) * (is_full ? plane_bytes(format.chroma_shift_x, format.chroma_shift_y)
                                  : plane_bytes(0, 0));
    if (format.model == ColorModel::kRgb || format.model == ColorModel::kCmyk)
      bytes += kLines * channels * padded(size.width);
    if (header.is_progressive) {
      // Two bytes for every coefficient of the full picture, ten for each block of them.
      uint64_t samples = padded(header.width) * padded(header.height);
      if (channels > 1)
        samples +=
            (channels - 1) *
            (samples >> (header.pixel_format.chroma_shift_x + header.pixel_format.chroma_shift_y));
      bytes += 2 * samples + samples / DCTSIZE2 * 10;
    }
    return bytes;
  }

  Result<Decoded> decode(ByteSpan bytes, const DecodeRequest& request) const override {
    Decompressor d;
    StopCheck stop(request);
    d.errors.stop_check = &stop;
    IMAGEMILL_TRY(open(d, bytes));
    Decoded out;
    out.header = header_of(d);
    out.metadata = read_metadata(d);
    IMAGEMILL_TRY(check_limits(out.header, request.limits));
    out.scale_num = scale_for(out.header, request);
    out.scale_den = 8;
    IMAGEMILL_TRY(decode_pixels(d, out));
    IMAGEMILL_TRY(check_damage(d, request.fail_on));
    out.is_damaged = d.errors.is_truncated || d.errors.is_damaged;
    out.warnings = d.errors.warnings;
    out.image.color.icc = out.metadata.icc;
    return out;
  }

 private:
  static Result<> open(Decompressor& d, ByteSpan bytes) {
    const bool ok = d.run([&] {
      jpeg_mem_src(&d.codec, as_u8(bytes), bytes.size());
      for (const int marker : {1, 2, 13}) jpeg_save_markers(&d.codec, JPEG_APP0 + marker, 0xFFFF);
      jpeg_read_header(&d.codec, TRUE);
    });
    if (!ok) return std::unexpected(d.errors.status());
    return {};
  }

  static Result<> decode_pixels(Decompressor& d, Decoded& out) {
    jpeg_decompress_struct& codec = d.codec;
    if (std::optional<Image> image =
            decode_jpeg_planes(codec, out.scale_num, kScansMax, *d.errors.stop_check)) {
      out.header.pixel_format = image->format();
      out.image = std::move(*image);
      return {};
    }
    if (d.errors.stop_check->has_stopped()) return std::unexpected(d.errors.status());
    codec.scale_num = static_cast<unsigned>(out.scale_num);
    codec.scale_denom = 8;
    if (!d.run([&] { jpeg_calc_output_dimensions(&codec); }))
      return std::unexpected(d.errors.status());
    const std::optional<PixelFormat> raw = jpeg_plane_format(codec);
    out.header.pixel_format = raw.value_or(row_format(codec));
    codec.raw_data_out = raw.has_value();
    if (!raw && out.header.pixel_format.model == ColorModel::kCmyk)
      codec.out_color_space = JCS_CMYK;
    if (!raw && out.header.pixel_format.model == ColorModel::kRgb) codec.out_color_space = JCS_RGB;
    // Scans are read whole before the first row of a multi-scan picture comes out.
    if (!d.run([&] { jpeg_start_decompress(&codec); })) return std::unexpected(d.errors.status());
    std::vector<JSAMPLE> line;
    if (raw) {
      IMAGEMILL_ASSIGN_OR_RETURN(out.image, allocate_raw_image(codec, *raw));
    } else {
      IMAGEMILL_ASSIGN_OR_RETURN(out.image, Image::allocate(static_cast<int>(codec.output_width),
                                                            static_cast<int>(codec.output_height),
                                                            out.header.pixel_format));
      line.resize(static_cast<size_t>(codec.output_width) *
                  static_cast<size_t>(codec.output_components));
    }
    JDIMENSION rows_done = 0;
    const bool finished = d.run([&] {
      raw ? read_raw(codec, out.image, d.errors, rows_done)
          : read_rows(codec, out.image, d.errors, line.data(), rows_done);
    });
    if (d.errors.is_cut_short) return std::unexpected(d.errors.status());
    if (d.errors.is_empty)
      return fail(Code::kCorruptInput, "JPEG: the data ends before the picture begins");
    if (!finished) {
      if (rows_done == 0) return std::unexpected(d.errors.status());
      fill_missing(codec, out.image, rows_done);
      d.errors.is_damaged = true;
      d.errors.warnings.push_back(d.errors.fatal_message);
    }
    return {};
  }
};

}  // namespace

std::string jpeg_library() {
  constexpr int kVersion = LIBJPEG_TURBO_VERSION_NUMBER;
  return fmt::format("libjpeg-turbo {}.{}.{}", kVersion / 1'000'000, kVersion / 1000 % 1000,
                     kVersion % 1000);
}

const Decoder* jpeg_decoder() {
  static const JpegDecoder decoder;
  return &decoder;
}

}  // namespace imagemill
