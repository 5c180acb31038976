// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "imagemill/cancel.h"
#include "imagemill/status.h"

namespace imagemill {

// What the server is about to send.
struct FetchStart {
  uint64_t offset = 0;  // of the first byte; 0 unless the rest alone was asked for and is coming
  uint64_t bytes_total = 0;  // of the whole file; 0: the server does not tell
  std::string etag = {};     // a strong one, else ""
};

struct FetchRequest {
  std::string url;      // http:// or https://
  uint64_t offset = 0;  // ask for what comes after so many bytes ...
  std::string etag =
      {};  // ... if the file still is the one with this strong tag; "": whatever it is
  uint64_t bytes_max = 0;
};

struct FetchReceiver {
  // Once, before the first byte.
  std::function<Result<>(const FetchStart&)> on_start;
  std::function<Result<>(ByteSpan)> on_bytes;
};

// One GET, redirects followed (never from https to http). A failure of the receiver is passed on.
// kNotFound: the server has no such file. kUnsupported: it cannot go on from the offset. kIoError:
// no connection, a cut one, or another answer. kResourceExhausted: more than bytes_max. kCancelled.
// Bytes that have come before a failure have been received.
Result<> fetch_http(const FetchRequest& request, const FetchReceiver& receiver,
                    const CancelToken& cancel);

}  // namespace imagemill
