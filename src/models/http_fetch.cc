// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/http_fetch.h"

#include <httplib.h>

#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <thread>

namespace imagemill {
namespace {

constexpr int kRedirectsMax = 5;
constexpr time_t kConnectSeconds = 10;
constexpr time_t kSilenceSeconds = 30;  // without a byte

struct Address {
  std::string host;  // "https://example.org:8443"
  std::string path;  // "/a?b"
  bool is_https() const { return host.starts_with("https://"); }
};

Result<Address> parse_address(const std::string& url) {
  const size_t scheme_end = url.find("://");
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return fail(Code::kInvalidArgument, "{}: expected an address that begins with https://", url);
  const size_t path = url.find_first_of("/?#", scheme_end + 3);
  const std::string rest = path == std::string::npos ? "" : url.substr(path);
  return Address{url.substr(0, path),
                 (rest.starts_with('/') ? "" : "/") + rest.substr(0, rest.find('#'))};
}

// Where `location` leads from a page at `from`.
Result<Address> redirected(const Address& from, const std::string& location) {
  Address to = from;
  if (location.starts_with("//")) {
    IMAGEMILL_ASSIGN_OR_RETURN(to,
                               parse_address((from.is_https() ? "https:" : "http:") + location));
  } else if (location.starts_with('/')) {
    to.path = location;
  } else {
    IMAGEMILL_ASSIGN_OR_RETURN(to, parse_address(location));
  }
  if (from.is_https() && !to.is_https())
    return fail(Code::kIoError, "{}{}: redirects to {}, which is not encrypted", from.host,
                from.path, location);
  return to;
}

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "bytes 100-199/200"
std::optional<FetchStart> parse_content_range(std::string_view text) {
  const size_t dash = text.find('-');
  const size_t slash = text.find('/');
  if (!text.starts_with("bytes ") || dash == std::string_view::npos ||
      slash == std::string_view::npos)
    return std::nullopt;
  const auto first = parse_number(text.substr(6, dash - 6));
  if (!first) return std::nullopt;
  return FetchStart{.offset = *first,
                    .bytes_total = parse_number(text.substr(slash + 1)).value_or(0)};
}

std::string_view reason_of(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
      return "cannot connect";
    case httplib::Error::ConnectionTimeout:
      return "no connection in time";
    case httplib::Error::Read:
    case httplib::Error::Write:
      return "the connection broke, or was silent for too long";
    case httplib::Error::SSLConnection:
    case httplib::Error::SSLLoadingCerts:
      return "cannot connect with encryption";
    case httplib::Error::SSLServerVerification:
      return "the server's certificate is not to be trusted";
    default:
      return "no answer that can be understood";
  }
}

// Ends a connection on which nothing comes when the user wants to stop: receiving waits in the
// library, and a CancelToken wakes nobody.
class CancelWatch {
 public:
  CancelWatch(httplib::Client& client, const CancelToken& cancel)
      : thread_([this, &client, &cancel](const std::stop_token& over) {
          std::unique_lock lock(mutex_);
          while (!over.stop_requested()) {
            if (cancel.is_requested()) client.stop();
            wake_.wait_for(lock, over, std::chrono::milliseconds(100), [] { return false; });
          }
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // the last member: it uses the others
};

// One exchange; what it decides while the answer is coming in.
class Exchange {
 public:
  Exchange(const FetchRequest& request, const FetchReceiver& receiver, const CancelToken& cancel,
           Address address)
      : request_(request), receiver_(receiver), cancel_(cancel), address_(std::move(address)) {}

  // A location to go on to, or "" when the file is here.
  Result<std::string> run() {
    httplib::Client client(address_.host);
    if (!client.is_valid()) return broken("no address that can be connected to");
    client.set_connection_timeout(kConnectSeconds);
    client.set_read_timeout(kSilenceSeconds);
    client.set_write_timeout(kSilenceSeconds);
    client.set_follow_location(false);
    client.set_decompress(false);
    // The bytes as they are stored: a range of a compressed answer would be of no use.
    httplib::Headers headers = {{"Accept-Encoding", "identity"}, {"User-Agent", "imagemill"}};
    if (request_.offset > 0) {
      headers.emplace("Range", fmt::format("bytes={}-", request_.offset));
      if (!request_.etag.empty()) headers.emplace("If-Range", request_.etag);
    }
    const CancelWatch watch(client, cancel_);
    const auto answer = client.Get(
        address_.path, headers, [&](const httplib::Response& head) { return begin(head); },
        [&](const char* data, size_t bytes) { return receive({data, bytes}); });
    if (!failure_) return std::unexpected(std::move(failure_).error());
    if (!location_.empty()) return location_;
    if (cancel_.is_requested()) return fail(Code::kCancelled, "stopped");
    if (!answer) return broken(reason_of(answer.error()));
    if (expected_ != 0 && received_ != expected_)
      return broken(fmt::format("the connection ended after {} of {} bytes", received_, expected_));
    return std::string();
  }

 private:
  std::unexpected<Status> broken(std::string_view why) const {
    return fail(Code::kIoError, "{}{}: {}", address_.host, address_.path, why);
  }

  // false ends the exchange; failure_ or location_ says why.
  bool begin(const httplib::Response& head) {
    if (head.status >= 300 && head.status < 400 && head.has_header("Location")) {
      location_ = head.get_header_value("Location");
      return false;
    }
    failure_ = start(head);
    return failure_.has_value();
  }

  Result<> start(const httplib::Response& head) {
    if (head.status == 404 || head.status == 410)
      return fail(Code::kNotFound, "{}{}: the server has no such file ({})", address_.host,
                  address_.path, head.status);
    if (head.status == 416)
      return fail(Code::kUnsupported, "{}{}: the file does not go on after {} bytes", address_.host,
                  address_.path, request_.offset);
    if (head.status != 200 && head.status != 206)
      return broken(fmt::format("the server answers {} {}", head.status, head.reason));
    FetchStart start;
    const uint64_t length = parse_number(head.get_header_value("Content-Length")).value_or(0);
    if (head.status == 206) {
      const auto range = parse_content_range(head.get_header_value("Content-Range"));
      if (!range || range->offset != request_.offset)
        return fail(Code::kUnsupported, "{}{}: the server sends another part than asked for ('{}')",
                    address_.host, address_.path, head.get_header_value("Content-Range"));
      start = *range;
    } else {
      start.bytes_total = length;
    }
    const std::string etag = head.get_header_value("ETag");
    if (etag.starts_with('"')) start.etag = etag;
    if (start.bytes_total > request_.bytes_max) return too_large(start.bytes_total);
    expected_ = length;
    offset_ = start.offset;
    return receiver_.on_start(start);
  }

  bool receive(std::string_view bytes) {
    if (cancel_.is_requested()) return false;
    received_ += bytes.size();
    failure_ = offset_ + received_ > request_.bytes_max ? too_large(offset_ + received_)
                                                        : receiver_.on_bytes(as_byte_span(bytes));
    return failure_.has_value();
  }

  Result<> too_large(uint64_t bytes) const {
    return fail(Code::kResourceExhausted, "{}{}: {} bytes or more, expected at most {}",
                address_.host, address_.path, bytes, request_.bytes_max);
  }

  const FetchRequest& request_;
  const FetchReceiver& receiver_;
  const CancelToken& cancel_;
  Address address_;
  Result<> failure_;
  std::string location_;
  uint64_t expected_ = 0;  // 0: not told
  uint64_t received_ = 0;
  uint64_t offset_ = 0;
};

}  // namespace

Result<> fetch_http(const FetchRequest& request, const FetchReceiver& receiver,
                    const CancelToken& cancel) {
  try {
    IMAGEMILL_ASSIGN_OR_RETURN(Address address, parse_address(request.url));
    for (int hops = 0; hops <= kRedirectsMax; ++hops) {
      if (cancel.is_requested()) return fail(Code::kCancelled, "stopped");
      IMAGEMILL_ASSIGN_OR_RETURN(const std::string location,
                                 Exchange(request, receiver, cancel, address).run());
      if (location.empty()) return {};
      IMAGEMILL_ASSIGN_OR_RETURN(address, redirected(address, location));
    }
    return fail(Code::kIoError, "{}: more than {} redirects", request.url, kRedirectsMax);
  } catch (const std::exception& e) {
    return fail(Code::kIoError, "{}: {}", request.url, e.what());
  }
}

}  // namespace imagemill
