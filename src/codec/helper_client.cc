// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/helper_client.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
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

// Formats of the process (registry.cc).
constexpr std::array kBuiltinFormats = {
    HelperFormat{FileFormat::kJpeg, kBuiltinFamily, "JPEG", 0},
    HelperFormat{FileFormat::kPng, kBuiltinFamily, "PNG", 0},
    HelperFormat{FileFormat::kWebp, kBuiltinFamily, "WebP", 0},
    HelperFormat{FileFormat::kTiff, kBuiltinFamily, "TIFF", 0},
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
// EXIF, XMP, IPTC and the profile together, each of which may have 64 MB; the largest seen in the
// wild are below 10 MB together.
constexpr uint64_t kMaxMetadataBytes = uint64_t{257} << 20;

const Status kOtherFormat{Code::kCorruptInput, "a header of another format"};

const HelperFormat& row_of(FileFormat format) {
  return *std::ranges::find(kHelperFormats, format, &HelperFormat::format);
}

// What a helper is asked, and the shared memory that goes with it.
struct Question {
  MessageKind kind = MessageKind::kDecode;
  std::function<Bytes(int slot, uint32_t gone_slots)> body;
  double max_seconds = 0;
  size_t shared_bytes = 0;
  std::function<void(const std::shared_ptr<Buffer>&)> fill;
};

// One question to a helper and its answers.
class Call {
 public:
  // Sends the question to a process of the right family.
  static Result<Call> open(HelperProcesses& processes, const HelperFormat& row,
                           const Question& question);

  Result<> send(MessageKind kind, ByteSpan body, const FileDescriptor* fd);
  // The body of a message of the kind `expected`; the helper's own words when it failed.
  Result<Bytes> answer(MessageKind expected, uint64_t max_bytes);
  // For an answer that its reader refused.
  std::unexpected<Status> senseless(const Status& complaint) {
    return std::unexpected(lease_->bury(row_->what, complaint));
  }
  Result<SharedRegions::Region> take_memory(size_t bytes) { return lease_->regions().take(bytes); }
  // The helper waits for its next question.
  void finish() { lease_.keep(); }

 private:
  Call(HelperProcesses::Lease lease, const HelperFormat& row, SharedRegions::Region input)
      : lease_(std::move(lease)), row_(&row), input_(std::move(input)) {}

  HelperProcesses::Lease lease_;
  const HelperFormat* row_;
  SharedRegions::Region input_;
};

Result<Call> Call::open(HelperProcesses& processes, const HelperFormat& row,
                        const Question& question) {
  const std::string& only = processes.options().only_family;
  for (bool again = false;; again = true) {
    IMAGEMILL_ASSIGN_OR_RETURN(
        auto lease,
        processes.acquire(only.empty() ? std::string_view(row.family) : only, row.what));
    IMAGEMILL_ASSIGN_OR_RETURN(auto input, lease->regions().take(question.shared_bytes));
    question.fill(input.buffer);
    const Bytes body = question.body(input.slot, lease->regions().take_gone_slots());
    lease->start_clock(question.max_seconds);
    const auto sent = lease->send(question.kind, body, input.memory);
    if (sent) return Call(std::move(lease), row, std::move(input));
    // One that died while it idled has nothing to do with this picture.
    if (again || sent.error().code() != Code::kNotFound)
      return std::unexpected(lease->bury(row.what, sent.error()));
  }
}

Result<> Call::send(MessageKind kind, ByteSpan body, const FileDescriptor* fd) {
  if (const auto sent = lease_->send(kind, body, fd); !sent) return senseless(sent.error());
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

class HelperDecoder : public Decoder {
 public:
  HelperDecoder(HelperProcesses& processes, const HelperFormat& row)
      : processes_(processes), row_(row) {}

  Result<ImageHeader> read_header(ByteSpan bytes) const override;
  Size decoded_size(const ImageHeader& header, const DecodeRequest& request) const override;
  uint64_t decode_bytes(const ImageHeader& header, const DecodeRequest& request) const override;
  Result<Decoded> decode(ByteSpan bytes, const DecodeRequest& request) const override;

 protected:
  // Seconds until a helper that was given `max_seconds` is ended.
  virtual double patience(double max_seconds) const { return max_seconds; }
  FileFormat format() const { return row_.format; }

 private:
  Result<Call> ask(MessageKind kind, ByteSpan bytes, const DecodeRequest& request) const;
  Result<PixelLayout> receive_layout(Call& call, const DecodeRequest& request) const;

  HelperProcesses& processes_;
  const HelperFormat& row_;
};

Result<Call> HelperDecoder::ask(MessageKind kind, ByteSpan bytes,
                                const DecodeRequest& request) const {
  return Call::open(
      processes_, row_,
      {.kind = kind,
       .body =
           [&](int slot, uint32_t gone_slots) {
             return to_wire(DecodeCall{row_.format, request.at_least, request.fail_on,
                                       request.limits, bytes.size(), slot, gone_slots});
           },
       .max_seconds = patience(request.limits.max_seconds),
       .shared_bytes = bytes.size(),
       .fill =
           [bytes](const auto& memory) { std::memcpy(memory->data, bytes.data(), bytes.size()); }});
}

Result<ImageHeader> HelperDecoder::read_header(ByteSpan bytes) const {
  DecodeRequest request;
  request.limits.max_seconds = processes_.options().max_header_seconds;
  IMAGEMILL_ASSIGN_OR_RETURN(Call call, ask(MessageKind::kReadHeader, bytes, request));
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

// Whether the picture is whole, or as large as was asked for.
bool is_large_enough(const PixelLayout& layout, Size at_least) {
  if (layout.scale_num == layout.scale_den) return true;
  return at_least.width > 0 && at_least.height > 0 && layout.width() >= at_least.width &&
         layout.height() >= at_least.height;
}

// More than Image::lay_out() needs only for what decoders write beyond the picture: the rest of the
// last groups of blocks.
bool is_modest(const PixelLayout& layout) {
  constexpr int kMostBeyond = 160;
  const auto most = image_bytes(layout.width() + kMostBeyond, layout.height() + kMostBeyond,
                                layout.header.pixel_format);
  return most && layout.bytes <= *most;
}

Result<PixelLayout> HelperDecoder::receive_layout(Call& call, const DecodeRequest& request) const {
  IMAGEMILL_ASSIGN_OR_RETURN(const Bytes body, call.answer(MessageKind::kLayout, kMaxSmallBytes));
  auto layout = layout_from_wire(body);
  if (!layout) return call.senseless(layout.error());
  const ImageHeader& header = layout->header;
  if (header.format != row_.format) return call.senseless(kOtherFormat);
  if (!is_large_enough(*layout, request.at_least))
    return call.senseless(
        {Code::kCorruptInput, fmt::format("{}x{} pixels at {}/{}", header.width, header.height,
                                          layout->scale_num, layout->scale_den)});
  const auto fits = check_limits(header, request.limits);
  if (fits && !is_modest(*layout))
    return call.senseless(
        {Code::kCorruptInput, fmt::format("{} bytes for {}x{} pixels", layout->bytes,
                                          layout->width(), layout->height())});
  if (fits) return layout;
  IMAGEMILL_TRY(call.send(MessageKind::kRefused, {}, nullptr));
  // Its failure sets it free for the next call; anything else ends it.
  std::ignore = call.answer(MessageKind::kHeader, kMaxSmallBytes);
  return std::unexpected(fits.error());
}

Result<Decoded> HelperDecoder::decode(ByteSpan bytes, const DecodeRequest& request) const {
  IMAGEMILL_ASSIGN_OR_RETURN(Call call, ask(MessageKind::kDecode, bytes, request));
  IMAGEMILL_ASSIGN_OR_RETURN(const PixelLayout layout, receive_layout(call, request));

  const PixelFormat& format = layout.header.pixel_format;
  IMAGEMILL_ASSIGN_OR_RETURN(const size_t least,
                             image_bytes(layout.width(), layout.height(), format));
  IMAGEMILL_ASSIGN_OR_RETURN(const auto memory,
                             call.take_memory(std::max<size_t>(least, layout.bytes)));
  Decoded decoded;
  decoded.header = layout.header;
  decoded.scale_num = layout.scale_num;
  decoded.scale_den = layout.scale_den;
  IMAGEMILL_ASSIGN_OR_RETURN(
      decoded.image, Image::lay_out(memory.buffer, layout.width(), layout.height(), format));
  WireWriter where;
  where.put(memory.slot);
  IMAGEMILL_TRY(call.send(MessageKind::kPixels, where.bytes(), memory.memory));
  IMAGEMILL_ASSIGN_OR_RETURN(const Bytes rest,
                             call.answer(MessageKind::kDecoded, kMaxMetadataBytes));
  if (const auto read = read_decoded(rest, decoded); !read) return call.senseless(read.error());
  call.finish();
  return decoded;
}

// A decoder of the process, in a helper: the same code there, so the same results and the same
// needs.
class BuiltinDecoder final : public HelperDecoder {
 public:
  BuiltinDecoder(HelperProcesses& processes, const HelperFormat& row)
      : HelperDecoder(processes, row), here_(*imagemill::decoder_for(row.format)) {}

  Result<ImageHeader> read_header(ByteSpan bytes) const override;
  Size decoded_size(const ImageHeader& header, const DecodeRequest& request) const override {
    return here_.decoded_size(header, request);
  }
  uint64_t decode_bytes(const ImageHeader& header, const DecodeRequest& request) const override {
    return here_.decode_bytes(header, request);
  }

 protected:
  // They watch the time themselves, and say what they say in the process.
  double patience(double max_seconds) const override { return max_seconds + 1; }

 private:
  const Decoder& here_;
};

Result<ImageHeader> BuiltinDecoder::read_header(ByteSpan bytes) const {
  // All that JPEG's header has lies before the pixels. Other formats may have metadata behind them.
  constexpr size_t kHeadBytes = 256 << 10;
  if (format() == FileFormat::kJpeg && bytes.size() > kHeadBytes) {
    auto header = HelperDecoder::read_header(bytes.first(kHeadBytes));
    if (header) return header;
  }
  return HelperDecoder::read_header(bytes);
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

Result<Bytes> HelperEncoder::encode(const Image& image, const EncodeOptions& options,
                                    const Metadata& metadata) const {
  const PixelFormat& format = image.format();
  IMAGEMILL_ASSIGN_OR_RETURN(const size_t size, image_bytes(image.width(), image.height(), format));
  EncodeCall call{row_.format, image.width(), image.height(), format,
                  image.color, options,       metadata};
  call.color.icc = metadata.icc;
  const Question question{
      .kind = MessageKind::kEncode,
      .body = [&call](int, uint32_t) { return to_wire(call); },
      .max_seconds = processes_.options().max_encode_seconds,
      .shared_bytes = size,
      .fill =
          [&image](const auto& memory) {
            // Cannot fail: the memory has the size that it asks for.
            image.copy_pixels_to(
                Image::lay_out(memory, image.width(), image.height(), image.format()).value());
          }};
  IMAGEMILL_ASSIGN_OR_RETURN(Call asked, Call::open(processes_, row_, question));
  // No encoder needs twice the bytes of the plain pixels.
  IMAGEMILL_ASSIGN_OR_RETURN(
      Bytes encoded, asked.answer(MessageKind::kEncoded, 2 * uint64_t{size} + kMaxMetadataBytes));
  asked.finish();
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
  for (const HelperFormat& row : kBuiltinFormats)
    decoders_.push_back(std::make_unique<BuiltinDecoder>(*processes_, row));
  for (const HelperFormat& row : kHelperFormats)
    decoders_.push_back(std::make_unique<HelperDecoder>(*processes_, row));
  for (const FileFormat format : kEncodableFormats)
    encoders_.push_back(std::make_unique<HelperEncoder>(*processes_, row_of(format)));
}

HelperPool::~HelperPool() = default;

Result<std::unique_ptr<HelperPool>> HelperPool::open(HelperOptions options) {
  if (options.max_processes < 1 || options.max_builtin_processes < 1 ||
      options.calls_per_process < 1 || options.max_idle_processes < 0)
    return fail(Code::kInvalidArgument,
                "{} and {} codec helpers for {} calls each, expected at least 1",
                options.max_processes, options.max_builtin_processes, options.calls_per_process);
  if (::access(options.binary.c_str(), X_OK) != 0)
    return fail(Code::kNotFound, "no codec helper at {} ({})", options.binary,
                std::strerror(errno));
  return std::unique_ptr<HelperPool>(new HelperPool(std::move(options)));
}

const Decoder* HelperPool::decoder_for(FileFormat format) const {
  const auto builtin = std::ranges::find(kBuiltinFormats, format, &HelperFormat::format);
  if (builtin != kBuiltinFormats.end())
    return decoders_[static_cast<size_t>(builtin - kBuiltinFormats.begin())].get();
  const auto at = std::ranges::find(kHelperFormats, format, &HelperFormat::format);
  return at == kHelperFormats.end()
             ? nullptr
             : decoders_[kBuiltinFormats.size() + static_cast<size_t>(at - kHelperFormats.begin())]
                   .get();
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
