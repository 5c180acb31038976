// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/protobuf_reader.h"

#include "base/check.h"

namespace imagemill {
namespace {

constexpr size_t kWindowBytes = 1 << 16;

}  // namespace

ProtobufReader::ProtobufReader(ReadableFile& file, std::string_view name)
    : file_(file), name_(name), window_(kWindowBytes) {}

std::unexpected<Status> ProtobufReader::corrupt(uint64_t at, std::string_view what) const {
  return fail(Code::kCorruptInput, "{}: no ONNX model: {} at byte {}", name_, what, at);
}

Result<> ProtobufReader::load(uint64_t at, size_t bytes) {
  if (at >= window_at_ && at + bytes <= window_at_ + window_bytes_) return {};
  IMAGEMILL_ASSIGN_OR_RETURN(window_bytes_, file_.read_at(at, window_));
  window_at_ = at;
  if (window_bytes_ < bytes)
    return fail(Code::kCorruptInput, "{}: ends at {} bytes, expected {}", name_, at + window_bytes_,
                file_.bytes());
  return {};
}

Result<uint8_t> ProtobufReader::byte(uint64_t at) {
  IMAGEMILL_TRY(load(at, 1));
  return std::to_integer<uint8_t>(window_[at - window_at_]);
}

Result<uint64_t> ProtobufReader::varint(ProtobufRange& range) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (range.at == range.end) return corrupt(range.at, "a number that does not end");
    IMAGEMILL_ASSIGN_OR_RETURN(const uint8_t b, byte(range.at));
    ++range.at;
    value |= uint64_t{b & 0x7Fu} << shift;
    if ((b & 0x80) == 0) return value;
  }
  return corrupt(range.at, "a number of more than 64 bits");
}

Result<uint64_t> ProtobufReader::fixed(ProtobufRange& range, int bytes) {
  if (range.bytes() < static_cast<uint64_t>(bytes))
    return corrupt(range.at, "a number that does not end");
  uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) {
    IMAGEMILL_ASSIGN_OR_RETURN(const uint8_t b, byte(range.at));
    ++range.at;
    value |= uint64_t{b} << (8 * i);
  }
  return value;
}

Result<std::optional<ProtobufField>> ProtobufReader::next(ProtobufRange& message) {
  if (message.at == message.end) return std::nullopt;
  if (++fields_ > kFieldsMax)
    return fail(Code::kResourceExhausted, "{}: more than {} fields", name_, kFieldsMax);
  const uint64_t at = message.at;
  IMAGEMILL_ASSIGN_OR_RETURN(const uint64_t tag, varint(message));
  // Numbers above 2^29 - 1 do not exist; what looks like one is some other kind of file.
  if (tag >> 3 == 0 || tag >> 3 >= 1u << 29) return corrupt(at, "no field");
  ProtobufField field{.number = static_cast<uint32_t>(tag >> 3)};
  switch (tag & 7) {
    case 0: {
      IMAGEMILL_ASSIGN_OR_RETURN(field.value, varint(message));
      return field;
    }
    case 1: {
      field.type = ProtobufField::Type::kFixed64;
      IMAGEMILL_ASSIGN_OR_RETURN(field.value, fixed(message, 8));
      return field;
    }
    case 2: {
      field.type = ProtobufField::Type::kBytes;
      IMAGEMILL_ASSIGN_OR_RETURN(const uint64_t bytes, varint(message));
      if (bytes > message.bytes())
        return fail(Code::kCorruptInput,
                    "{}: broken or cut short: field {} at byte {} says {} bytes, there are {}",
                    name_, field.number, at, bytes, message.bytes());
      field.content = {message.at, message.at + bytes};
      message.at += bytes;
      return field;
    }
    case 5: {
      field.type = ProtobufField::Type::kFixed32;
      IMAGEMILL_ASSIGN_OR_RETURN(field.value, fixed(message, 4));
      return field;
    }
    default:
      return corrupt(at, "a field of a type that does not exist");
  }
}

Result<std::optional<uint64_t>> ProtobufReader::next_packed(ProtobufRange& numbers) {
  if (numbers.at == numbers.end) return std::nullopt;
  IMAGEMILL_ASSIGN_OR_RETURN(const uint64_t value, varint(numbers));
  return value;
}

Result<std::string> ProtobufReader::text(const ProtobufRange& content, uint64_t max_bytes) {
  IMAGEMILL_CHECK(max_bytes <= kWindowBytes);
  if (content.bytes() > max_bytes)
    return fail(Code::kResourceExhausted, "{}: a name of {} bytes at byte {}, expected at most {}",
                name_, content.bytes(), content.at, max_bytes);
  const auto bytes = static_cast<size_t>(content.bytes());
  IMAGEMILL_TRY(load(content.at, bytes));
  return std::string(as_text(ByteSpan(window_).subspan(content.at - window_at_, bytes)));
}

}  // namespace imagemill
