// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/status.h"

namespace imagemill {

std::string_view code_name(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return "invalid_argument";
    case Code::kNotFound:
      return "not_found";
    case Code::kIoError:
      return "io_error";
    case Code::kCorruptInput:
      return "corrupt_input";
    case Code::kUnsupported:
      return "unsupported";
    case Code::kResourceExhausted:
      return "resource_exhausted";
    case Code::kCancelled:
      return "cancelled";
    case Code::kInternal:
      return "internal";
  }
  return "internal";
}

std::string Status::to_string() const { return fmt::format("{}: {}", code_name(code_), message_); }

Status Status::with_context(std::string_view context) && {
  return Status(code_, fmt::format("{}: {}", context, message_));
}

}  // namespace imagemill
