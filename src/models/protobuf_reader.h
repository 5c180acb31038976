// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Protocol buffers as they lie in a file, one field at a time. A message is a range of the file;
// the content of a field is a range within it, checked before it is handed out. What nobody reads
// is never loaded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"

namespace imagemill {

// Bytes [at, end) of the file that are still to be read of a message.
struct ProtobufRange {
  uint64_t at = 0;
  uint64_t end = 0;
  uint64_t bytes() const { return end - at; }
};

struct ProtobufField {
  enum class Type : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
  uint32_t number = 0;
  Type type = Type::kVarint;
  uint64_t value = 0;          // kVarint, kFixed32, kFixed64
  ProtobufRange content = {};  // kBytes: a text, a message, packed numbers
};

// Reads forward through a small window; going back a little is fine, jumping about is slow.
class ProtobufReader {
 public:
  // `name` is for messages.
  ProtobufReader(ReadableFile& file, std::string_view name);

  ProtobufRange whole() const { return {0, file_.bytes()}; }

  // The next field; `message` moves behind it. nullopt at the end of the message. kCorruptInput for
  // what is no field or does not fit, kResourceExhausted after kFieldsMax fields in all.
  Result<std::optional<ProtobufField>> next(ProtobufRange& message);

  // The next of packed varints. nullopt at the end.
  Result<std::optional<uint64_t>> next_packed(ProtobufRange& numbers);

  // kResourceExhausted when it is longer than max_bytes, which is at most 64 KiB.
  Result<std::string> text(const ProtobufRange& content, uint64_t max_bytes);

  const std::string& name() const { return name_; }
  std::unexpected<Status> corrupt(uint64_t at, std::string_view what) const;

 private:
  static constexpr int64_t kFieldsMax = 20'000'000;

  // Loads the window at `at` unless [at, at + bytes) is in it already.
  Result<> load(uint64_t at, size_t bytes);
  Result<uint8_t> byte(uint64_t at);
  Result<uint64_t> varint(ProtobufRange& range);
  Result<uint64_t> fixed(ProtobufRange& range, int bytes);

  ReadableFile& file_;
  std::string name_;
  std::vector<std::byte> window_;
  uint64_t window_at_ = 0;
  size_t window_bytes_ = 0;
  int64_t fields_ = 0;
};

}  // namespace imagemill
