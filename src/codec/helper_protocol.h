// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the engine and its codec helper processes say to each other over a socket pair. Both ends
// run on one machine, so numbers travel as they lie in memory. The helper is not trusted: it may
// have been taken over by the file that it decodes. So every field read here is checked, and the
// engine alone decides where pixels lie.
//
//   engine                                  helper
//                                       <-  kHello, once
//   kReadHeader + file                  ->
//                                       <-  kHeader | kFailed
//   kDecode + file                      ->
//                                       <-  kLayout | kFailed
//   kPixels + memory of that layout     ->      or kRefused, answered by kFailed
//                                       <-  kDecoded | kFailed
//   kEncode + pixels                    ->
//                                       <-  kEncoded | kFailed
//
// "+" is shared memory: a descriptor sent along, or the slot under which the helper has kept the
// one that it got with that slot before. It may be larger than what it carries and hold what an
// earlier call of the same helper left there. Pixels lie as Image::lay_out() lays them, or as
// kDecoded says.
#pragma once

#include <concepts>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "codec/codec.h"
#include "codec/shared_memory.h"

namespace imagemill {

inline constexpr uint32_t kHelperProtocolVersion = 2;

enum class MessageKind : uint32_t {
  kHello = 1,
  kReadHeader,
  kHeader,
  kDecode,
  kLayout,
  kPixels,
  kRefused,
  kDecoded,
  kEncode,
  kEncoded,
  kFailed,
};

struct Message {
  MessageKind kind = MessageKind::kFailed;
  Bytes body;
  FileDescriptor fd;  // open when one came along
};

// How long to go on waiting for the other side: milliseconds until asked again, -1 without end,
// nullopt to give up.
using Patience = std::function<std::optional<int>()>;

// Errors of both: kNotFound the other side is gone, kResourceExhausted patience ran out,
// kCorruptInput no message of this protocol, kIoError the rest.
Result<> send_message(int socket, MessageKind kind, ByteSpan body, const FileDescriptor* fd,
                      const Patience& patience);
// Descriptors are taken only when `accept_fd`; else the system drops what the other side sends.
Result<Message> receive_message(int socket, uint64_t max_body_bytes, bool accept_fd,
                                const Patience& patience);

class WireWriter {
 public:
  template <typename T>
    requires(std::is_arithmetic_v<T> || std::is_enum_v<T>)
  void put(T value) {
    const size_t at = bytes_.size();
    bytes_.resize(at + sizeof value);
    std::memcpy(bytes_.data() + at, &value, sizeof value);
  }
  void put_bytes(ByteSpan bytes) {
    put(static_cast<uint64_t>(bytes.size()));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  void put_text(std::string_view text) { put_bytes(as_byte_span(text)); }

  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

// Reading past the end gives zeroes and a reader that is not is_complete(): check once, at the end.
class WireReader {
 public:
  explicit WireReader(ByteSpan bytes) : bytes_(bytes) {}

  template <typename T>
    requires std::is_arithmetic_v<T>
  T get() {
    T value{};
    const ByteSpan from = take(sizeof value);
    if (!from.empty()) std::memcpy(&value, from.data(), sizeof value);
    return value;
  }
  // Enums whose values are first ... last without gaps.
  template <typename Enum>
    requires std::is_enum_v<Enum>
  Enum get(Enum first, Enum last) {
    const auto value = get<std::underlying_type_t<Enum>>();
    const bool known = value >= static_cast<std::underlying_type_t<Enum>>(first) &&
                       value <= static_cast<std::underlying_type_t<Enum>>(last);
    is_good_ &= known;
    return known ? static_cast<Enum>(value) : first;
  }
  bool get_bool() { return get<uint8_t>() != 0; }
  ByteSpan get_bytes() { return take(get<uint64_t>()); }
  // Printable ASCII, at most 500 characters: it ends on somebody's terminal.
  std::string get_text();

  bool is_complete() const { return is_good_ && bytes_.empty(); }

 private:
  ByteSpan take(uint64_t count);

  ByteSpan bytes_;
  bool is_good_ = true;
};

struct HelperHello {
  uint32_t version = kHelperProtocolVersion;
  std::string confinement_gap;  // "" when locked down, else what could not be had and why
};

// The scale_den that a helper uses for a picture of which at least so much is wanted ({0, 0}: all
// of it). RAW alone can do less than everything: one pixel from each 2x2 of the sensor.
int helper_scale_den(const ImageHeader& header, Size at_least);

struct EncodeCall {
  FileFormat format = FileFormat::kUnknown;
  int width = 0;
  int height = 0;
  PixelFormat pixel_format;
  ColorSpace color;
  EncodeOptions options;
  Metadata metadata;
};

struct DecodeCall {
  FileFormat format = FileFormat::kUnknown;
  Size at_least;
  FailOn fail_on = FailOn::kNone;
  DecodeLimits limits;
  uint64_t bytes = 0;  // of the file, in the shared memory
  int slot = kNoSlot;
  uint32_t gone_slots = 0;  // a bit each: not to be kept any longer
};

// One pair a message; the readers return kCorruptInput for anything that its type does not allow.
// Limits (DecodeLimits) are not theirs to check.
Bytes to_wire(const HelperHello& hello);
Bytes to_wire(const ImageHeader& header);
Bytes to_wire(const PixelLayout& layout);
Bytes to_wire(const DecodeCall& call);
Bytes to_wire(const EncodeCall& call);
Bytes to_wire(const Status& status);
// All but the pixels, the header and the scale: where the planes lie in their buffer, image.color,
// metadata, damage and warnings.
Bytes to_wire(const Decoded& decoded);

Result<HelperHello> hello_from_wire(ByteSpan bytes);
Result<ImageHeader> header_from_wire(ByteSpan bytes);
Result<PixelLayout> layout_from_wire(ByteSpan bytes);
Result<DecodeCall> decode_call_from_wire(ByteSpan bytes);
Result<EncodeCall> encode_call_from_wire(ByteSpan bytes);
Result<Status> status_from_wire(ByteSpan bytes);
// `decoded` has what was known before: the header and an image in its memory.
Result<> read_decoded(ByteSpan bytes, Decoded& decoded);

}  // namespace imagemill
