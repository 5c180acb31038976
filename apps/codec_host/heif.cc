// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// HEIC through libheif. Rotation, mirroring and cropping are part of the picture here (irot, imir,
// clap) and libheif applies them: the orientation is always normal, whatever the EXIF block says.
// Pixels come as RGB, 8 bits or, for deeper ones, 16 bits over the full range.
#include <libheif/heif.h>

#include <cstring>
#include <memory>

#include "family.h"
#include "interleaved.h"
#include "nclx.h"

namespace imagemill::codec_host {
namespace {

template <auto Release>
struct Releaser {
  template <typename T>
  void operator()(T* p) const {
    Release(p);
  }
};
using Context = std::unique_ptr<heif_context, Releaser<heif_context_free>>;
using Handle = std::unique_ptr<heif_image_handle, Releaser<heif_image_handle_release>>;
using Picture = std::unique_ptr<heif_image, Releaser<heif_image_release>>;
using Nclx = std::unique_ptr<heif_color_profile_nclx, Releaser<heif_nclx_color_profile_free>>;
using Options = std::unique_ptr<heif_decoding_options, Releaser<heif_decoding_options_free>>;

Code code_of(const heif_error& error) {
  switch (error.code) {
    case heif_error_Memory_allocation_error:
      return Code::kResourceExhausted;
    case heif_error_Unsupported_filetype:
    case heif_error_Unsupported_feature:
      return Code::kUnsupported;
    default:
      return error.subcode == heif_suberror_Security_limit_exceeded ? Code::kResourceExhausted
                                                                    : Code::kCorruptInput;
  }
}

Result<> check(const heif_error& error) {
  if (error.code == heif_error_Ok) return {};
  return fail(code_of(error), "HEIC: {}", error.message);
}

struct File {
  Context context;
  Handle handle;
};

Result<File> open(ByteSpan bytes) {
  File file;
  file.context.reset(heif_context_alloc());
  heif_context_set_max_decoding_threads(file.context.get(), 0);  // in this thread
  IMAGEMILL_TRY(check(heif_context_read_from_memory_without_copy(file.context.get(), bytes.data(),
                                                                 bytes.size(), nullptr)));
  heif_image_handle* handle = nullptr;
  IMAGEMILL_TRY(check(heif_context_get_primary_image_handle(file.context.get(), &handle)));
  file.handle.reset(handle);
  return file;
}

bool is_deep(const heif_image_handle* handle) {
  return heif_image_handle_get_luma_bits_per_pixel(handle) > 8;
}

ImageHeader header_of(const File& file) {
  const heif_image_handle* handle = file.handle.get();
  ImageHeader header;
  header.format = FileFormat::kHeic;
  header.width = heif_image_handle_get_width(handle);
  header.height = heif_image_handle_get_height(handle);
  header.pixel_format = PixelFormat::rgb(is_deep(handle) ? SampleType::kU16 : SampleType::kU8,
                                         heif_image_handle_has_alpha_channel(handle) != 0);
  header.pages = std::max(1, heif_context_get_number_of_top_level_images(file.context.get()));
  header.has_icc = heif_image_handle_get_raw_color_profile_size(handle) > 0;
  return header;
}

Result<ImageHeader> read_header(FileFormat, ByteSpan bytes) {
  IMAGEMILL_ASSIGN_OR_RETURN(const File file, open(bytes));
  return header_of(file);
}

ColorSpace color_of(const heif_image_handle* handle) {
  ColorSpace color;
  if (const size_t size = heif_image_handle_get_raw_color_profile_size(handle); size > 0) {
    Bytes icc(size);
    if (heif_image_handle_get_raw_color_profile(handle, icc.data()).code == heif_error_Ok)
      color.icc = std::make_shared<const Bytes>(std::move(icc));
  }
  heif_color_profile_nclx* raw = nullptr;
  if (heif_image_handle_get_nclx_color_profile(handle, &raw).code == heif_error_Ok) {
    const Nclx nclx(raw);
    color.transfer = transfer_of(nclx->transfer_characteristics);
    color.primaries = primaries_of(nclx->color_primaries);
  }
  return color;
}

Bytes block(const heif_image_handle* handle, heif_item_id id) {
  Bytes bytes(heif_image_handle_get_metadata_size(handle, id));
  if (heif_image_handle_get_metadata(handle, id, bytes.data()).code != heif_error_Ok) return {};
  return bytes;
}

// ISO/IEC 23008-12 A.2.1: the Exif item begins with the offset of the TIFF stream behind it.
Bytes without_offset(const Bytes& item) {
  if (item.size() < 4) return {};
  const uint64_t offset = 4 + uint64_t{read_u32(as_u8(item), true)};
  if (offset >= item.size()) return {};
  return {item.begin() + static_cast<ptrdiff_t>(offset), item.end()};
}

Metadata metadata_of(const heif_image_handle* handle) {
  Metadata metadata;
  heif_item_id ids[16];
  const int count =
      heif_image_handle_get_list_of_metadata_block_IDs(handle, nullptr, ids, std::size(ids));
  for (int i = 0; i < count; ++i) {
    const std::string_view type = heif_image_handle_get_metadata_type(handle, ids[i]);
    const std::string_view content = heif_image_handle_get_metadata_content_type(handle, ids[i]);
    if (type == "Exif") metadata.exif = without_offset(block(handle, ids[i]));
    if (type == "mime" && content == "application/rdf+xml") metadata.xmp = block(handle, ids[i]);
  }
  return metadata;
}

Result<Picture> decode_picture(const heif_image_handle* handle, const PixelFormat& format,
                               FailOn fail_on) {
  const Options options(heif_decoding_options_alloc());
  options->strict_decoding = fail_on >= FailOn::kError;
  const heif_chroma chroma =
      format.sample == SampleType::kU16
          ? (format.has_alpha ? heif_chroma_interleaved_RRGGBBAA_LE
                              : heif_chroma_interleaved_RRGGBB_LE)
          : (format.has_alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB);
  heif_image* raw = nullptr;
  IMAGEMILL_TRY(check(heif_decode_image(handle, &raw, heif_colorspace_RGB, chroma, options.get())));
  return Picture(raw);
}

Result<> fill(const Image& image, const heif_image* picture) {
  if (heif_image_get_width(picture, heif_channel_interleaved) != image.width() ||
      heif_image_get_height(picture, heif_channel_interleaved) != image.height())
    return fail(Code::kCorruptInput, "HEIC: header says {}x{} pixels, the picture has {}x{}",
                image.width(), image.height(),
                heif_image_get_width(picture, heif_channel_interleaved),
                heif_image_get_height(picture, heif_channel_interleaved));
  int stride = 0;
  const uint8_t* pixels = heif_image_get_plane_readonly(picture, heif_channel_interleaved, &stride);
  const int bits = heif_image_get_bits_per_pixel_range(picture, heif_channel_interleaved);
  if (pixels == nullptr || bits < 8 || bits > 16)
    return fail(Code::kCorruptInput, "HEIC: no pixels of {} bits", bits);
  const uint32_t max = (1u << bits) - 1;
  for (int y = 0; y < image.height(); ++y, pixels += stride) {
    if (image.format().sample == SampleType::kU8)
      set_row<uint8_t>(image, y, pixels, image.channels());
    else
      set_row<uint16_t>(image, y, reinterpret_cast<const uint16_t*>(pixels), image.channels(),
                        [max](uint16_t v) { return widen(std::min<uint32_t>(v, max), max); });
  }
  return {};
}

void add_warnings(Decoded& decoded, heif_image* picture) {
  const int count = heif_image_get_decoding_warnings(picture, 0, nullptr, 0);
  for (int i = 0; i < std::min(count, 8); ++i) {
    heif_error warning{};
    if (heif_image_get_decoding_warnings(picture, i, &warning, 1) == 1)
      decoded.warnings.emplace_back(warning.message);
  }
  decoded.is_damaged = count > 0;
}

Result<Decoded> decode(const DecodeCall& call, ByteSpan bytes, PixelMemory& pixels) {
  IMAGEMILL_ASSIGN_OR_RETURN(const File file, open(bytes));
  const heif_image_handle* handle = file.handle.get();
  Decoded decoded;
  decoded.header = header_of(file);
  IMAGEMILL_ASSIGN_OR_RETURN(decoded.image, pixels.allocate({decoded.header, 1}));
  const PixelFormat& format = decoded.header.pixel_format;
  IMAGEMILL_ASSIGN_OR_RETURN(const Picture picture, decode_picture(handle, format, call.fail_on));
  IMAGEMILL_TRY(fill(decoded.image, picture.get()));
  if (format.has_alpha && heif_image_handle_is_premultiplied_alpha(handle) != 0)
    unpremultiply(decoded.image);
  add_warnings(decoded, picture.get());
  decoded.image.color = color_of(handle);
  decoded.metadata = metadata_of(handle);
  return decoded;
}

void prepare() { heif_init(nullptr); }

constexpr Family kFamily{.prepare = prepare,
                         .needs_threads = true,  // libde265 starts a worker whatever is asked
                         .read_header = read_header,
                         .decode = decode,
                         .encode = nullptr};

}  // namespace
}  // namespace imagemill::codec_host

extern "C" const imagemill::codec_host::Family* imagemill_codec_family() {
  return &imagemill::codec_host::kFamily;
}
