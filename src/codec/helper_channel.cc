// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The socket half of helper_protocol.h.
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "codec/helper_protocol.h"

namespace imagemill {
namespace {

struct Preamble {
  uint32_t kind;
  uint32_t has_fd;
  uint64_t body_bytes;
};

// A body grows as it arrives, so that a promise of gigabytes costs nothing until they come.
constexpr uint64_t kChunkBytes = 1 << 20;

Result<> wait_for(int socket, short events, const Patience& patience) {
  for (;;) {
    const std::optional<int> milliseconds = patience();
    if (!milliseconds) return fail(Code::kResourceExhausted, "no answer in time");
    pollfd p{socket, events, 0};
    const int n = ::poll(&p, 1, *milliseconds);
    if (n > 0) return {};
    if (n < 0 && errno != EINTR) return fail(Code::kIoError, "poll: {}", std::strerror(errno));
  }
}

// What sendmsg and recvmsg left in errno: nothing (try again), or an error.
Result<> after_error(int socket, short events, const Patience& patience) {
  if (errno == EINTR) return {};
  if (errno == EAGAIN) return wait_for(socket, events, patience);
  if (errno == EPIPE || errno == ECONNRESET) return fail(Code::kNotFound, "the other side is gone");
  return fail(Code::kIoError, "socket: {}", std::strerror(errno));
}

Result<> send_all(int socket, ByteSpan bytes, const FileDescriptor* fd, const Patience& patience) {
  while (!bytes.empty()) {
    iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    if (fd != nullptr) {
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      cmsghdr* rights = CMSG_FIRSTHDR(&message);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN(sizeof(int));
      const int number = fd->get();
      std::memcpy(CMSG_DATA(rights), &number, sizeof number);
    }
    const ssize_t n = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) {
      IMAGEMILL_TRY(after_error(socket, POLLOUT, patience));
      continue;
    }
    fd = nullptr;
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
  return {};
}

FileDescriptor descriptor_in(msghdr& message) {
  FileDescriptor taken;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    int number = -1;
    std::memcpy(&number, CMSG_DATA(c), sizeof number);
    taken = FileDescriptor(number);
  }
  return taken;
}

Result<> receive_all(int socket, std::span<std::byte> bytes, FileDescriptor* fd,
                     const Patience& patience) {
  while (!bytes.empty()) {
    iovec part{bytes.data(), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    if (fd != nullptr) {
      message.msg_control = control;
      message.msg_controllen = sizeof control;
    }
    const ssize_t n = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n == 0) return fail(Code::kNotFound, "the other side is gone");
    if (n < 0) {
      IMAGEMILL_TRY(after_error(socket, POLLIN, patience));
      continue;
    }
    if (fd != nullptr)
      if (FileDescriptor taken = descriptor_in(message); taken.is_open()) *fd = std::move(taken);
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
  return {};
}

}  // namespace

Result<> send_message(int socket, MessageKind kind, ByteSpan body, const FileDescriptor* fd,
                      const Patience& patience) {
  const Preamble preamble{static_cast<uint32_t>(kind), fd != nullptr ? 1u : 0u, body.size()};
  IMAGEMILL_TRY(send_all(socket, std::as_bytes(std::span(&preamble, 1)), fd, patience));
  return send_all(socket, body, nullptr, patience);
}

Result<Message> receive_message(int socket, uint64_t max_body_bytes, bool accept_fd,
                                const Patience& patience) {
  Preamble preamble{};
  Message message;
  IMAGEMILL_TRY(receive_all(socket, std::as_writable_bytes(std::span(&preamble, 1)),
                            accept_fd ? &message.fd : nullptr, patience));
  if (preamble.kind < static_cast<uint32_t>(MessageKind::kHello) ||
      preamble.kind > static_cast<uint32_t>(MessageKind::kFailed) ||
      preamble.body_bytes > max_body_bytes)
    return fail(Code::kCorruptInput, "message of kind {} and {} bytes, expected at most {}",
                preamble.kind, preamble.body_bytes, max_body_bytes);
  message.kind = static_cast<MessageKind>(preamble.kind);
  for (uint64_t filled = 0; filled < preamble.body_bytes;) {
    const uint64_t chunk = std::min(kChunkBytes, preamble.body_bytes - filled);
    message.body.resize(static_cast<size_t>(filled + chunk));
    IMAGEMILL_TRY(receive_all(socket, std::span(message.body).subspan(static_cast<size_t>(filled)),
                              nullptr, patience));
    filled += chunk;
  }
  return message;
}

}  // namespace imagemill
