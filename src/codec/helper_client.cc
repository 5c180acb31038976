// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/helper_client.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <tuple>

#include "codec/helper_processes.h"
#include "codec/helper_protocol.h"

namespace imagemill {
namespace {

struct HelperFormat {
  FileFormat format;
  const char* family;
  const char* what;  // the format, in messages
  // Bytes a pixel that the libraries hold at their peak beside the pixels that they deliver.
  int working_bytes;
};

constexpr std::array kHelperFormats = {
    HelperFormat{FileFormat::kGif, "oiio", "GIF", 8},
    HelperFormat{FileFormat::kBmp, "oiio", "BMP", 4},
    HelperFormat{FileFormat::kPnm, "pnm", "PNM", 0},
    HelperFormat{FileFormat::kTga, "oiio", "TGA", 4},
    HelperFormat{FileFormat::kHdr, "oiio", "HDR", 2},
    HelperFormat{FileFormat::kExr, "oiio", "EXR", 4},
    HelperFormat{FileFormat::kPsd, "psd", "PSD", 0},
    HelperFormat{FileFormat::kHeic, "heif", "HEIC", 12},
    HelperFormat{FileFormat::kAvif, "avif", "AVIF", 16},
    HelperFormat{FileFormat::kJxl, "jxl", "JXL", 40},
    HelperFormat{FileFormat::kRaw, "raw", "RAW", 20},
};

constexpr std::array kEncodableFormats = {FileFormat::kAvif, FileFormat::kJxl};

constexpr uint64_t kMaxSmallBytes = 4096;
// EXIF, XMP, IPTC and the profile together; the largest seen in the wild is below 10 MB.
constexpr uint64_t kMaxMetadataBytes = uint64_t{64} << 20;

const Status kOtherFormat{Code::kCorruptInput, "a header of another format"};

const HelperFormat& row_of(FileFormat format) {
  return *std::ranges::find(kHelperFormats, format, &HelperFormat::format);
}

// One question to a helper and its answers.
class Call {
 public:
  // Sends the question to a process of the right family.
  static Result<Call> open(HelperProcesses& processes, const HelperFormat& row, double max_seconds,
                           MessageKind question, ByteSpan body, const FileDescriptor& fd);

  Result<> send(MessageKind kind, const FileDescriptor* fd);
  // The body of a message of the kind `expected`; the helper's own words when it failed.
  Result<Bytes> answer(MessageKind expected, uint64_t max_bytes);
  // For an answer that its reader refused.
  std::unexpected<Status> senseless(const Status& complaint) {
    return std::unexpected(lease_->bury(row_->what, complaint));
  }
  // The helper waits for its next question.
  void finish() { lease_.keep(); }

 private:
  Call(HelperProcesses::Lease lease, const HelperFormat& row)
      : lease_(std::move(lease)), row_(&row) {}

  HelperProcesses::Lease lease_;
  const HelperFormat* row_;
};

Result<Call> Call::open(HelperProcesses& processes, const HelperFormat& row, double max_seconds,
                        MessageKind question, ByteSpan body, const FileDescriptor& fd) {
  const std::string& only = processes.options().only_family;
  for (bool again = false;; again = true) {
    IMAGEMILL_ASSIGN_OR_RETURN(
        auto lease,
        processes.acquire(only.empty() ? std::string_view(row.family) : only, row.what));
    lease->start_clock(max_seconds);
    const auto sent = lease->send(question, body, &fd);
    if (sent) return Call(std::move(lease), row);
    // One that died while it idled has nothing to do with this picture.
    if (again || sent.error().code() != Code::kNotFound)
      return std::unexpected(lease->bury(row.what, sent.error()));
  }
}

Result<> Call::send(MessageKind kind, const FileDescriptor* fd) {
  if (const auto sent = lease_->send(kind, {}, fd); !sent) return senseless(sent.error());
  return {};
}

Result<Bytes> Call::answer(MessageKind expected, uint64_t max_bytes) {
  auto message = lease_->receive(max_bytes);
  if (!message) return senseless(message.error());
  if (message->kind == expected) return std::move(message->body);
  if (message->kind != MessageKind::kFailed)
    return senseless({Code::kCorruptInput,
                      fmt::format("message of kind {}", static_cast<uint32_t>(message->kind))});
  auto failure = status_from_wire(message->body);
  if (!failure) return senseless(failure.error());
  finish();
  return std::unexpected(std::move(*failure));
}

class HelperDecoder final : public Decoder {
 public:
  HelperDecoder(HelperProcesses& processes, const HelperFormat& row)
      : processes_(processes), row_(row) {}

  Result<ImageHeader> read_header(ByteSpan bytes) const override;
  Size decoded_size(const ImageHeader& header, const DecodeRequest& request) const override;
  uint64_t decode_bytes(const ImageHeader& header, const DecodeRequest& request) const override;
  Result<Decoded> decode(ByteSpan bytes, const DecodeRequest& request) const override;

 private:
  Result<PixelLayout> receive_layout(Call& call, const DecodeRequest& request) const;

  HelperProcesses& processes_;
  const HelperFormat& row_;
};

Result<ImageHeader> HelperDecoder::read_header(ByteSpan bytes) const {
  IMAGEMILL_ASSIGN_OR_RETURN(const FileDescriptor file, share_copy(bytes));
  IMAGEMILL_ASSIGN_OR_RETURN(
      Call call, Call::open(processes_, row_, DecodeLimits{}.max_seconds, MessageKind::kReadHeader,
                            to_wire(DecodeCall{row_.format, {}, FailOn::kNone}), file));
  IMAGEMILL_ASSIGN_OR_RETURN(const Bytes body, call.answer(MessageKind::kHeader, kMaxSmallBytes));
  const auto header = header_from_wire(body);
  if (!header) return call.senseless(header.error());
  if (header->format != row_.format) return call.senseless(kOtherFormat);
  call.finish();
  return header;
}

Size HelperDecoder::decoded_size(const ImageHeader& header, const DecodeRequest& request) const {
  const PixelLayout layout{header, helper_scale_den(header, request.at_least)};
  return {layout.width(), layout.height()};
}

uint64_t HelperDecoder::decode_bytes(const ImageHeader& header,
                                     const DecodeRequest& request) const {
  const Size size = decoded_size(header, request);
  const auto pixels = image_bytes(size.width, size.height, header.pixel_format);
  if (!pixels) return UINT64_MAX;
  return *pixels + static_cast<uint64_t>(size.width) * static_cast<uint64_t>(size.height) *
                       static_cast<uint64_t>(row_.working_bytes);
}

Result<PixelLayout> HelperDecoder::receive_layout(Call& call, const DecodeRequest& request) const {
  IMAGEMILL_ASSIGN_OR_RETURN(const Bytes body, call.answer(MessageKind::kLayout, kMaxSmallBytes));
  auto layout = layout_from_wire(body);
  if (!layout) return call.senseless(layout.error());
  const ImageHeader& header = layout->header;
  if (header.format != row_.format) return call.senseless(kOtherFormat);
  if (layout->scale_den > helper_scale_den(header, request.at_least))
    return call.senseless({Code::kCorruptInput, fmt::format("{}x{} pixels at 1/{}", header.width,
                                                            header.height, layout->scale_den)});
  const auto fits = check_limits(header, request.limits);
  if (fits) return layout;
  IMAGEMILL_TRY(call.send(MessageKind::kRefused, nullptr));
  // Its failure sets it free for the next call; anything else ends it.
  std::ignore = call.answer(MessageKind::kHeader, kMaxSmallBytes);
  return std::unexpected(fits.error());
}

Result<Decoded> HelperDecoder::decode(ByteSpan bytes, const DecodeRequest& request) const {
  IMAGEMILL_ASSIGN_OR_RETURN(const FileDescriptor file, share_copy(bytes));
  IMAGEMILL_ASSIGN_OR_RETURN(
      Call call,
      Call::open(processes_, row_, request.limits.max_seconds, MessageKind::kDecode,
                 to_wire(DecodeCall{row_.format, request.at_least, request.fail_on}), file));
  IMAGEMILL_ASSIGN_OR_RETURN(const PixelLayout layout, receive_layout(call, request));

  const PixelFormat& format = layout.header.pixel_format;
  IMAGEMILL_ASSIGN_OR_RETURN(const size_t size,
                             image_bytes(layout.width(), layout.height(), format));
  IMAGEMILL_ASSIGN_OR_RETURN(const FileDescriptor memory, create_shared_memory(size));
  IMAGEMILL_ASSIGN_OR_RETURN(auto buffer, map_shared_memory(memory, size, Access::kReadWrite));
  Decoded decoded;
  decoded.header = layout.header;
  decoded.scale_den = layout.scale_den;
  IMAGEMILL_ASSIGN_OR_RETURN(
      decoded.image, Image::lay_out(std::move(buffer), layout.width(), layout.height(), format));
  IMAGEMILL_TRY(call.send(MessageKind::kPixels, &memory));
  IMAGEMILL_ASSIGN_OR_RETURN(const Bytes rest,
                             call.answer(MessageKind::kDecoded, kMaxMetadataBytes));
  if (const auto read = read_decoded(rest, decoded); !read) return call.senseless(read.error());
  call.finish();
  return decoded;
}

class HelperEncoder final : public Encoder {
 public:
  HelperEncoder(HelperProcesses& processes, const HelperFormat& row)
      : processes_(processes), row_(row) {}

  EncoderTraits traits() const override {
    EncoderTraits traits;
    traits.alpha = true;
    traits.u16 = true;
    traits.max_side = row_.format == FileFormat::kAvif ? 65536 : 1 << 28;
    return traits;
  }

  Result<Bytes> encode(const Image& image, const EncodeOptions& options,
                       const Metadata& metadata) const override;

 private:
  HelperProcesses& processes_;
  const HelperFormat& row_;
};

void copy_pixels(const Image& to, const Image& from) {
  for (int c = 0; c < from.channels(); ++c) {
    const Plane& plane = from.plane(c);
    const auto row_bytes =
        static_cast<size_t>(plane.width) * static_cast<size_t>(sample_bytes(from.format().sample));
    for (int y = 0; y < plane.height; ++y)
      std::memcpy(to.plane(c).row<std::byte>(y), plane.row<std::byte>(y), row_bytes);
  }
}

Result<Bytes> HelperEncoder::encode(const Image& image, const EncodeOptions& options,
                                    const Metadata& metadata) const {
  const PixelFormat& format = image.format();
  IMAGEMILL_ASSIGN_OR_RETURN(const size_t size, image_bytes(image.width(), image.height(), format));
  IMAGEMILL_ASSIGN_OR_RETURN(const FileDescriptor memory, create_shared_memory(size));
  {
    IMAGEMILL_ASSIGN_OR_RETURN(auto buffer, map_shared_memory(memory, size, Access::kReadWrite));
    IMAGEMILL_ASSIGN_OR_RETURN(const Image shared, Image::lay_out(std::move(buffer), image.width(),
                                                                  image.height(), format));
    copy_pixels(shared, image);
  }
  EncodeCall question{row_.format, image.width(), image.height(), format,
                      image.color, options,       metadata};
  question.color.icc = metadata.icc;
  IMAGEMILL_ASSIGN_OR_RETURN(Call call,
                             Call::open(processes_, row_, processes_.options().max_encode_seconds,
                                        MessageKind::kEncode, to_wire(question), memory));
  // No encoder needs twice the bytes of the plain pixels.
  IMAGEMILL_ASSIGN_OR_RETURN(
      Bytes encoded, call.answer(MessageKind::kEncoded, 2 * uint64_t{size} + kMaxMetadataBytes));
  call.finish();
  return encoded;
}

template <size_t N>
constexpr auto formats_of(const std::array<HelperFormat, N>& rows) {
  std::array<FileFormat, N> formats{};
  for (size_t i = 0; i < N; ++i) formats[i] = rows[i].format;
  return formats;
}
constexpr auto kDecodableFormats = formats_of(kHelperFormats);

}  // namespace

HelperPool::HelperPool(HelperOptions options)
    : processes_(std::make_unique<HelperProcesses>(std::move(options))) {
  for (const HelperFormat& row : kHelperFormats)
    decoders_.push_back(std::make_unique<HelperDecoder>(*processes_, row));
  for (const FileFormat format : kEncodableFormats)
    encoders_.push_back(std::make_unique<HelperEncoder>(*processes_, row_of(format)));
}

HelperPool::~HelperPool() = default;

Result<std::unique_ptr<HelperPool>> HelperPool::open(HelperOptions options) {
  if (options.max_processes < 1 || options.calls_per_process < 1 || options.max_idle_processes < 0)
    return fail(Code::kInvalidArgument, "{} codec helpers for {} calls each, expected at least 1",
                options.max_processes, options.calls_per_process);
  if (::access(options.binary.c_str(), X_OK) != 0)
    return fail(Code::kNotFound, "no codec helper at {} ({})", options.binary,
                std::strerror(errno));
  return std::unique_ptr<HelperPool>(new HelperPool(std::move(options)));
}

const Decoder* HelperPool::decoder_for(FileFormat format) const {
  const auto at = std::ranges::find(kDecodableFormats, format);
  return at == kDecodableFormats.end()
             ? nullptr
             : decoders_[static_cast<size_t>(at - kDecodableFormats.begin())].get();
}

const Encoder* HelperPool::encoder_for(FileFormat format) const {
  const auto at = std::ranges::find(kEncodableFormats, format);
  return at == kEncodableFormats.end()
             ? nullptr
             : encoders_[static_cast<size_t>(at - kEncodableFormats.begin())].get();
}

std::span<const FileFormat> HelperPool::decodable_formats() { return kDecodableFormats; }
std::span<const FileFormat> HelperPool::encodable_formats() { return kEncodableFormats; }

std::optional<std::string> HelperPool::take_note() { return processes_->take_note(); }

}  // namespace imagemill
