// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// JPEG XL through libjxl. The first frame only, orientation applied, alpha straight. Up to 8 bits
// become 8, up to 16 become 16, more and floating point become float32. A colour space that H.273
// can name is named; only another comes as a profile.
#include <jxl/decode.h>
#include <jxl/encode.h>

#include <memory>

#include "family.h"
#include "interleaved.h"
#include "nclx.h"

namespace imagemill::codec_host {
namespace {

struct Destroy {
  void operator()(JxlDecoder* p) const { JxlDecoderDestroy(p); }
  void operator()(JxlEncoder* p) const { JxlEncoderDestroy(p); }
};
using DecoderHandle = std::unique_ptr<JxlDecoder, Destroy>;
using EncoderHandle = std::unique_ptr<JxlEncoder, Destroy>;

// From 1 (fastest) to 9.
constexpr int kEncoderEffort = 4;

std::unexpected<Status> corrupt(std::string_view what) {
  return fail(Code::kCorruptInput, "JXL: {}", what);
}

// The input is not closed: libjxl calls the end of a closed one an error, and would not deliver
// what has come before it.
Result<DecoderHandle> open(ByteSpan bytes, int events) {
  DecoderHandle decoder(JxlDecoderCreate(nullptr));
  if (!decoder) return fail(Code::kResourceExhausted, "JXL: no memory for a decoder");
  JxlDecoderSubscribeEvents(decoder.get(), events);
  JxlDecoderSetUnpremultiplyAlpha(decoder.get(), JXL_TRUE);
  JxlDecoderSetInput(decoder.get(), as_u8(bytes), bytes.size());
  return decoder;
}

SampleType sample_of(const JxlBasicInfo& info) {
  if (info.exponent_bits_per_sample > 0 || info.bits_per_sample > 16) return SampleType::kF32;
  return info.bits_per_sample > 8 ? SampleType::kU16 : SampleType::kU8;
}

Result<ImageHeader> header_of(const JxlDecoder* decoder) {
  JxlBasicInfo info;
  if (JxlDecoderGetBasicInfo(decoder, &info) != JXL_DEC_SUCCESS) return corrupt("no header");
  if (info.xsize > 1u << 30 || info.ysize > 1u << 30)
    return fail(Code::kCorruptInput, "JXL: header says {}x{} pixels", info.xsize, info.ysize);
  ImageHeader header;
  header.format = FileFormat::kJxl;
  header.width = static_cast<int>(info.xsize);
  header.height = static_cast<int>(info.ysize);
  const bool alpha = info.alpha_bits > 0;
  header.pixel_format = info.num_color_channels == 1 ? PixelFormat::gray(sample_of(info), alpha)
                                                     : PixelFormat::rgb(sample_of(info), alpha);
  header.pages = 1;  // libjxl counts frames only by decoding them
  return header;
}

Result<ImageHeader> read_header(FileFormat, ByteSpan bytes) {
  IMAGEMILL_ASSIGN_OR_RETURN(const DecoderHandle decoder, open(bytes, JXL_DEC_BASIC_INFO));
  if (JxlDecoderProcessInput(decoder.get()) != JXL_DEC_BASIC_INFO) return corrupt("no header");
  return header_of(decoder.get());
}

// What the decoder's samples mean. False when H.273 has no name for it.
bool set_named_color(const JxlDecoder* decoder, const JxlPixelFormat& format, ColorSpace& color) {
  JxlColorEncoding encoding;
  if (JxlDecoderGetColorAsEncodedProfile(decoder, &format, JXL_COLOR_PROFILE_TARGET_DATA,
                                         &encoding) != JXL_DEC_SUCCESS)
    return false;
  if (encoding.white_point != JXL_WHITE_POINT_D65) return false;
  // JPEG XL took its numbers from H.273; P3 is 11 there with a D65 white point.
  const bool gray = encoding.color_space == JXL_COLOR_SPACE_GRAY;
  color.transfer = transfer_of(encoding.transfer_function);
  color.primaries = gray                                     ? Primaries::kBt709
                    : encoding.primaries == JXL_PRIMARIES_P3 ? Primaries::kDisplayP3
                                                             : primaries_of(encoding.primaries);
  return color.transfer != TransferFunction::kUnknown && color.primaries != Primaries::kUnknown;
}

ColorSpace color_of(const JxlDecoder* decoder, const JxlPixelFormat& format) {
  ColorSpace color;
  if (set_named_color(decoder, format, color)) return color;
  size_t size = 0;
  if (JxlDecoderGetICCProfileSize(decoder, &format, JXL_COLOR_PROFILE_TARGET_DATA, &size) !=
      JXL_DEC_SUCCESS)
    return color;
  Bytes icc(size);
  if (JxlDecoderGetColorAsICCProfile(decoder, &format, JXL_COLOR_PROFILE_TARGET_DATA,
                                     reinterpret_cast<uint8_t*>(icc.data()),
                                     size) == JXL_DEC_SUCCESS)
    color.icc = std::make_shared<const Bytes>(std::move(icc));
  return color;
}

template <typename T>
void take_pixels(void* image, size_t x, size_t y, size_t count, const void* pixels) {
  const Image& out = *static_cast<const Image*>(image);
  const int channels = out.channels();
  for (int c = 0; c < channels; ++c) {
    T* row = out.plane(c).template row<T>(static_cast<int>(y)) + x;
    const T* from = static_cast<const T*>(pixels) + c;
    for (size_t i = 0; i < count; ++i, from += channels) row[i] = *from;
  }
}

JxlPixelFormat pixel_format_of(const PixelFormat& format) {
  const JxlDataType type = format.sample == SampleType::kF32   ? JXL_TYPE_FLOAT
                           : format.sample == SampleType::kU16 ? JXL_TYPE_UINT16
                                                               : JXL_TYPE_UINT8;
  return {static_cast<uint32_t>(format.channels()), type, JXL_NATIVE_ENDIAN, 0};
}

JxlImageOutCallback callback_of(SampleType sample) {
  return sample == SampleType::kF32   ? take_pixels<float>
         : sample == SampleType::kU16 ? take_pixels<uint16_t>
                                      : take_pixels<uint8_t>;
}

// Runs the decoder to the end of the first frame.
Result<> decode_frame(JxlDecoder* decoder, PixelMemory& pixels, Decoded& decoded) {
  JxlPixelFormat format{};
  for (;;) {
    switch (JxlDecoderProcessInput(decoder)) {
      case JXL_DEC_BASIC_INFO: {
        IMAGEMILL_ASSIGN_OR_RETURN(decoded.header, header_of(decoder));
        IMAGEMILL_ASSIGN_OR_RETURN(decoded.image, pixels.allocate({decoded.header, 1}));
        format = pixel_format_of(decoded.header.pixel_format);
        break;
      }
      case JXL_DEC_COLOR_ENCODING:
        decoded.image.color = color_of(decoder, format);
        break;
      case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
        if (JxlDecoderSetImageOutCallback(decoder, &format,
                                          callback_of(decoded.header.pixel_format.sample),
                                          &decoded.image) != JXL_DEC_SUCCESS)
          return corrupt("pixels that libjxl cannot convert");
        break;
      case JXL_DEC_FULL_IMAGE:
      case JXL_DEC_SUCCESS:
        return {};
      case JXL_DEC_NEED_MORE_INPUT:
        // What has arrived of a truncated file, from its coarse layers.
        if (decoded.image.empty() || JxlDecoderFlushImage(decoder) != JXL_DEC_SUCCESS)
          return corrupt("the file ends too early");
        decoded.is_damaged = true;
        decoded.warnings.emplace_back("JXL: the file ends too early");
        return {};
      default:
        return corrupt("broken data");
    }
  }
}

// The content of a box, decompressed. Empty when it is too large to be what it says.
Bytes read_box(JxlDecoder* decoder) {
  constexpr size_t kMaxBoxBytes = 32 << 20;
  Bytes box(64 << 10);
  size_t filled = 0;
  while (JxlDecoderSetBoxBuffer(decoder, reinterpret_cast<uint8_t*>(box.data()) + filled,
                                box.size() - filled) == JXL_DEC_SUCCESS) {
    const JxlDecoderStatus status = JxlDecoderProcessInput(decoder);
    filled = box.size() - JxlDecoderReleaseBoxBuffer(decoder);
    if (status != JXL_DEC_BOX_NEED_MORE_OUTPUT) break;
    if (box.size() >= kMaxBoxBytes) return {};
    box.resize(2 * box.size());
  }
  box.resize(filled);
  return box;
}

// ISO/IEC 18181-2: the Exif box begins with the offset of the TIFF stream behind it.
Bytes without_offset(const Bytes& box) {
  if (box.size() < 4) return {};
  const uint64_t offset = 4 + uint64_t{read_u32(as_u8(box), true)};
  if (offset >= box.size()) return {};
  return {box.begin() + static_cast<ptrdiff_t>(offset), box.end()};
}

// A pass of its own: boxes may follow the codestream, and it skips that.
Metadata read_metadata(ByteSpan bytes) {
  Metadata metadata;
  for (const std::string_view wanted : {"Exif", "xml "}) {
    auto decoder = open(bytes, JXL_DEC_BOX);
    if (!decoder) return metadata;
    JxlDecoderCloseInput(decoder->get());  // a last box without a size ends here
    JxlDecoderSetDecompressBoxes(decoder->get(), JXL_TRUE);
    while (JxlDecoderProcessInput(decoder->get()) == JXL_DEC_BOX) {
      JxlBoxType type;
      if (JxlDecoderGetBoxType(decoder->get(), type, JXL_TRUE) != JXL_DEC_SUCCESS) break;
      if (std::string_view(type, sizeof type) != wanted) continue;
      const Bytes box = read_box(decoder->get());
      (wanted == "Exif" ? metadata.exif : metadata.xmp) =
          wanted == "Exif" ? without_offset(box) : box;
      break;
    }
  }
  return metadata;
}

Result<Decoded> decode(const DecodeCall& call, ByteSpan bytes, PixelMemory& pixels) {
  IMAGEMILL_ASSIGN_OR_RETURN(
      const DecoderHandle decoder,
      open(bytes, JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING | JXL_DEC_FULL_IMAGE));
  Decoded decoded;
  IMAGEMILL_TRY(decode_frame(decoder.get(), pixels, decoded));
  if (decoded.image.empty()) return corrupt("no picture");
  if (decoded.is_damaged && call.fail_on >= FailOn::kTruncated)
    return corrupt("the file ends too early");
  decoded.metadata = read_metadata(bytes);
  return decoded;
}

// Butteraugli distance: 1 is what libjxl calls visually lossless, its quality 90.
float distance_of(const EncodeOptions& options) {
  return 0.1f + 0.09f * static_cast<float>(100 - std::clamp(options.quality, 1, 100));
}

JxlColorEncoding encoding_of(const ColorSpace& color, bool gray) {
  JxlColorEncoding encoding{};
  encoding.color_space = gray ? JXL_COLOR_SPACE_GRAY : JXL_COLOR_SPACE_RGB;
  encoding.white_point = JXL_WHITE_POINT_D65;
  encoding.primaries = color.primaries == Primaries::kDisplayP3 ? JXL_PRIMARIES_P3
                       : color.primaries == Primaries::kBt2020  ? JXL_PRIMARIES_2100
                                                                : JXL_PRIMARIES_SRGB;
  encoding.transfer_function = color.transfer == TransferFunction::kUnknown
                                   ? JXL_TRANSFER_FUNCTION_SRGB
                                   : static_cast<JxlTransferFunction>(h273_of(color.transfer));
  encoding.rendering_intent = JXL_RENDERING_INTENT_RELATIVE;
  return encoding;
}

bool set_color(JxlEncoder* encoder, const EncodeCall& call) {
  if (call.color.icc)
    return JxlEncoderSetICCProfile(encoder, as_u8(*call.color.icc), call.color.icc->size()) ==
           JXL_ENC_SUCCESS;
  const JxlColorEncoding encoding =
      encoding_of(call.color, call.pixel_format.model == ColorModel::kGray);
  return JxlEncoderSetColorEncoding(encoder, &encoding) == JXL_ENC_SUCCESS;
}

bool add_metadata(JxlEncoder* encoder, const Metadata& metadata) {
  if (metadata.exif.empty() && metadata.xmp.empty()) return true;
  if (JxlEncoderUseBoxes(encoder) != JXL_ENC_SUCCESS) return false;
  Bytes exif(4);  // offset 0
  exif.insert(exif.end(), metadata.exif.begin(), metadata.exif.end());
  return (metadata.exif.empty() || JxlEncoderAddBox(encoder, "Exif", as_u8(exif), exif.size(),
                                                    JXL_FALSE) == JXL_ENC_SUCCESS) &&
         (metadata.xmp.empty() ||
          JxlEncoderAddBox(encoder, "xml ", as_u8(metadata.xmp), metadata.xmp.size(), JXL_FALSE) ==
              JXL_ENC_SUCCESS);
}

bool set_up(JxlEncoder* encoder, const EncodeCall& call) {
  const PixelFormat& format = call.pixel_format;
  JxlBasicInfo info;
  JxlEncoderInitBasicInfo(&info);
  info.xsize = static_cast<uint32_t>(call.width);
  info.ysize = static_cast<uint32_t>(call.height);
  info.bits_per_sample = format.sample == SampleType::kU16 ? 16 : 8;
  info.num_color_channels = static_cast<uint32_t>(color_channels(format.model));
  info.num_extra_channels = format.has_alpha ? 1 : 0;
  info.alpha_bits = format.has_alpha ? info.bits_per_sample : 0;
  info.uses_original_profile = call.options.lossless ? JXL_TRUE : JXL_FALSE;
  // 16 bits lossless need level 10 of the standard.
  if (call.options.lossless && info.bits_per_sample > 12) JxlEncoderSetCodestreamLevel(encoder, 10);
  return JxlEncoderSetBasicInfo(encoder, &info) == JXL_ENC_SUCCESS && set_color(encoder, call) &&
         add_metadata(encoder, call.metadata);
}

template <typename T>
bool add_frame(const JxlEncoderFrameSettings* settings, const Image& image) {
  const auto row = static_cast<size_t>(image.width()) * static_cast<size_t>(image.channels());
  std::vector<T> pixels(row * static_cast<size_t>(image.height()));
  for (int y = 0; y < image.height(); ++y)
    get_row(pixels.data() + row * static_cast<size_t>(y), image, y);
  const JxlPixelFormat format = pixel_format_of(image.format());
  return JxlEncoderAddImageFrame(settings, &format, pixels.data(), pixels.size() * sizeof(T)) ==
         JXL_ENC_SUCCESS;
}

Result<Bytes> drain(JxlEncoder* encoder) {
  Bytes file(64 << 10);
  auto* next = reinterpret_cast<uint8_t*>(file.data());
  size_t room = file.size();
  for (;;) {
    const JxlEncoderStatus status = JxlEncoderProcessOutput(encoder, &next, &room);
    const size_t filled = file.size() - room;
    if (status == JXL_ENC_SUCCESS) {
      file.resize(filled);
      return file;
    }
    if (status != JXL_ENC_NEED_MORE_OUTPUT)
      return fail(Code::kInternal, "JXL: encoder error {}",
                  static_cast<int>(JxlEncoderGetError(encoder)));
    file.resize(2 * file.size());
    next = reinterpret_cast<uint8_t*>(file.data()) + filled;
    room = file.size() - filled;
  }
}

Result<Bytes> encode(const EncodeCall& call, const Image& image) {
  const PixelFormat& format = call.pixel_format;
  if ((format.model != ColorModel::kGray && format.model != ColorModel::kRgb) ||
      is_float(format.sample))
    return fail(Code::kInvalidArgument, "JXL: cannot store {}", to_string(format));
  const EncoderHandle encoder(JxlEncoderCreate(nullptr));
  if (!encoder) return fail(Code::kResourceExhausted, "JXL: no memory for an encoder");
  if (!set_up(encoder.get(), call))
    return fail(Code::kUnsupported, "JXL: cannot store {} (error {})", to_string(format),
                static_cast<int>(JxlEncoderGetError(encoder.get())));
  JxlEncoderFrameSettings* settings = JxlEncoderFrameSettingsCreate(encoder.get(), nullptr);
  JxlEncoderFrameSettingsSetOption(settings, JXL_ENC_FRAME_SETTING_EFFORT, kEncoderEffort);
  if (call.options.lossless)
    JxlEncoderSetFrameLossless(settings, JXL_TRUE);
  else
    JxlEncoderSetFrameDistance(settings, distance_of(call.options));
  const bool added = format.sample == SampleType::kU16 ? add_frame<uint16_t>(settings, image)
                                                       : add_frame<uint8_t>(settings, image);
  if (!added)
    return fail(Code::kInternal, "JXL: encoder error {}",
                static_cast<int>(JxlEncoderGetError(encoder.get())));
  JxlEncoderCloseInput(encoder.get());
  return drain(encoder.get());
}

constexpr Family kFamily{.prepare = nullptr,
                         .needs_threads = false,
                         .read_header = read_header,
                         .decode = decode,
                         .encode = encode};

}  // namespace
}  // namespace imagemill::codec_host

extern "C" const imagemill::codec_host::Family* imagemill_codec_family() {
  return &imagemill::codec_host::kFamily;
}
