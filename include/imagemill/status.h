// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Errors are values. A function that can fail returns Result<T>; the caller either handles the
// Status or passes it on with IMAGEMILL_TRY / IMAGEMILL_ASSIGN_OR_RETURN:
//
//   Result<Image> load(const std::string& path) {
//     IMAGEMILL_ASSIGN_OR_RETURN(Bytes bytes, read_file(path));
//     IMAGEMILL_TRY(check_limits(bytes.size()));
//     return decode(bytes);
//   }
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace imagemill {

enum class Code : uint8_t {
  kInvalidArgument,    // the request is wrong, whatever the data
  kNotFound,           // the named thing does not exist
  kIoError,            // the system refused a read or a write
  kCorruptInput,       // the bytes are not what their format promises
  kUnsupported,        // well-formed, but outside what this build handles
  kResourceExhausted,  // a limit (memory, pixels, time, disk) was or would be exceeded
  kCancelled,          // stopped on request; the run can be resumed
  kInternal,           // a bug in Imagemill
};

// "corrupt_input" and so on: stable, used in rejects.jsonl and the run store.
std::string_view code_name(Code code);

// What went wrong. A message says what, where, what was seen and what was expected, without a
// trailing newline. There is no "ok" Status: success is a Result that holds a value.
class [[nodiscard]] Status {
 public:
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  Code code() const { return code_; }
  const std::string& message() const { return message_; }

  // "corrupt_input: JPEG: ..."
  std::string to_string() const;

  // The same error, seen from one level up: "context: message".
  Status with_context(std::string_view context) &&;

 private:
  Code code_;
  std::string message_;
};

template <typename T = void>
using Result = std::expected<T, Status>;

// return fail(Code::kCorruptInput, "PNG: {} bytes, expected at least 8", n);
template <typename... Args>
std::unexpected<Status> fail(Code code, fmt::format_string<Args...> format, Args&&... args) {
  return std::unexpected<Status>(Status(code, fmt::format(format, std::forward<Args>(args)...)));
}

}  // namespace imagemill

#define IMAGEMILL_CONCAT_INNER(a, b) a##b
#define IMAGEMILL_CONCAT(a, b) IMAGEMILL_CONCAT_INNER(a, b)

#define IMAGEMILL_TRY(expression)                                                       \
  do {                                                                                  \
    if (auto imagemill_result = (expression); !imagemill_result)                        \
      return std::unexpected<::imagemill::Status>(std::move(imagemill_result).error()); \
  } while (false)

#define IMAGEMILL_ASSIGN_OR_RETURN(lhs, expression) \
  IMAGEMILL_ASSIGN_OR_RETURN_INNER(IMAGEMILL_CONCAT(imagemill_result_, __LINE__), lhs, expression)

#define IMAGEMILL_ASSIGN_OR_RETURN_INNER(result, lhs, expression)                      \
  auto result = (expression);                                                          \
  if (!result) return std::unexpected<::imagemill::Status>(std::move(result).error()); \
  lhs = std::move(result).value()
