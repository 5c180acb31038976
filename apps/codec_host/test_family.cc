// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Misbehaves as it is told by the "file", to prove that the engine survives it. Built for tests
// only. A "file" is one word, perhaps with another after it; before it may stand what a PNM or JPEG
// file begins with and a space, so that the file is taken for one.
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "family.h"

namespace imagemill::codec_host {
namespace {

constexpr int kSocket = 3;

ImageHeader small_header(FileFormat format) {
  ImageHeader header;
  header.format = format;
  header.width = 5;
  header.height = 3;
  return header;
}

// As in a program without a handler of its own, which a sanitizer would install.
void crash() {
  std::signal(SIGSEGV, SIG_DFL);
  std::raise(SIGSEGV);
}

[[noreturn]] void sleep_for_ever() {
  for (;;) ::pause(), std::this_thread::yield();
}

[[noreturn]] void spin_for_ever() {
  std::atomic<int> turns = 0;
  for (;;) ++turns;
}

void take_all_memory() {
  for (std::vector<std::unique_ptr<char[]>> all;;) {
    all.push_back(std::make_unique<char[]>(16 << 20));
    for (size_t i = 0; i < 16 << 20; i += 4096) all.back()[i] = 1;
  }
}

void say(MessageKind kind, ByteSpan body) {
  std::ignore = send_message(kSocket, kind, body, nullptr, [] { return -1; });
}

// Tries what confinement forbids; says which attempts got through.
Result<Decoded> try_to_escape() {
  std::string through;
  if (std::FILE* f = std::fopen("/etc/passwd", "r")) through += " open", std::fclose(f);
  if (::socket(AF_INET, SOCK_STREAM, 0) >= 0) through += " socket";
  if (::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
             0) != MAP_FAILED)
    through += " executable-memory";
  if (::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) !=
      MAP_FAILED)
    through += " uncounted-memory";
  if (::memfd_create("x", 0) >= 0) through += " memfd";
  if (::kill(::getppid(), 0) == 0) through += " kill";
  char* const arguments[] = {const_cast<char*>("true"), nullptr};
  if (::fork() >= 0) through += " fork";
  ::execv("/bin/true", arguments);
  return fail(Code::kUnsupported, "got through:{}", through.empty() ? " nothing" : through);
}

// Replies that no honest helper gives.
void lie(std::string_view how, const ImageHeader& honest) {
  ImageHeader header = honest;
  if (how == "size") header.width = 1 << 30, header.height = 1 << 30;
  if (how == "negative") header.width = -5;
  if (how == "sample") header.pixel_format.sample = static_cast<SampleType>(77);
  if (how == "subsampling") header.pixel_format.chroma_shift_x = 200;
  if (how == "orientation") header.orientation = static_cast<Orientation>(9);
  if (how == "format") header.format = FileFormat::kGif;
  if (how == "short") return say(MessageKind::kLayout, {});
  if (how == "kind") return say(static_cast<MessageKind>(99), {});
  if (how == "order") return say(MessageKind::kEncoded, {});
  if (how == "long") {
    const uint64_t preamble[2] = {static_cast<uint64_t>(MessageKind::kLayout), uint64_t{1} << 60};
    std::ignore = ::write(kSocket, preamble, sizeof preamble);
    return;
  }
  say(MessageKind::kLayout, to_wire(PixelLayout{header, how == "scale" ? 7 : 1}));
}

std::string_view without_signature(std::string_view text) {
  for (const std::string_view signature : {"P6 ", "\xFF\xD8\xFF "})
    if (text.starts_with(signature)) text.remove_prefix(signature.size());
  return text;
}

Result<Decoded> decode(const DecodeCall& call, ByteSpan bytes, PixelMemory& pixels) {
  const std::string_view text = without_signature(as_text(bytes));
  const std::string_view word = text.substr(0, text.find(' '));
  const std::string_view rest = text.substr(std::min(word.size() + 1, text.size()));
  const ImageHeader header = small_header(call.format);
  if (word == "sleep") sleep_for_ever();
  if (word == "spin") spin_for_ever();
  if (word == "abort") std::fputs("first line\nsomething broke\n", stderr), std::abort();
  if (word == "crash") crash();
  if (word == "exit") std::_Exit(7);
  if (word == "throw") throw std::runtime_error("thrown");
  if (word == "memory") take_all_memory();
  if (word == "escape") return try_to_escape();
  if (word == "fail") return fail(Code::kCorruptInput, "told to fail\x1b[31m");
  if (word == "lie") lie(rest, header), sleep_for_ever();
  if (word == "chatter")
    for (int i = 0; i < 100000; ++i) std::fputs("noise noise noise\n", stderr);

  Decoded decoded;
  decoded.header = header;
  IMAGEMILL_ASSIGN_OR_RETURN(decoded.image, pixels.allocate({header, 1}));
  if (word == "garbage") {
    const Bytes noise(1000, std::byte{0xA5});
    say(MessageKind::kDecoded, noise);
    sleep_for_ever();
  }
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < header.height; ++y)
      for (int x = 0; x < header.width; ++x)
        decoded.image.plane(c).row<uint8_t>(y)[x] = static_cast<uint8_t>(100 * c + 10 * y + x);
  decoded.warnings.push_back(fmt::format("pid {}", ::getpid()));
  if (word == "leave") std::_Exit(0);
  return decoded;
}

Result<ImageHeader> read_header(FileFormat format, ByteSpan bytes) {
  const std::string_view text = without_signature(as_text(bytes));
  if (text == "crash") crash();
  if (text == "header-sleep") sleep_for_ever();
  return small_header(format);
}

constexpr Family kFamily{.prepare = nullptr,
                         .needs_threads = false,
                         .read_header = read_header,
                         .decode = decode,
                         .encode = nullptr};

}  // namespace
}  // namespace imagemill::codec_host

extern "C" const imagemill::codec_host::Family* imagemill_codec_family() {
  return &imagemill::codec_host::kFamily;
}
