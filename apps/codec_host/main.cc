// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// imagemill-codec: decodes and encodes what it is handed over descriptor 3, one call at a time,
// until the other end closes. codec/helper_protocol.h says what is spoken.
#include <dlfcn.h>
#include <malloc.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <string_view>

#include "confinement.h"
#include "family.h"

namespace imagemill::codec_host {
namespace {

constexpr int kSocket = 3;
// EXIF, XMP, IPTC and profile of a picture to be encoded.
constexpr uint64_t kMaxCallBytes = uint64_t{256} << 20;

std::optional<int> without_end() { return -1; }

Result<> say(MessageKind kind, ByteSpan body) {
  return send_message(kSocket, kind, body, nullptr, without_end);
}

struct Arguments {
  std::string family;
  uint64_t memory_bytes = 0;
  int parent = 0;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--family") arguments.family = argv[i + 1];
    if (name == "--memory") arguments.memory_bytes = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--parent") arguments.parent = std::atoi(argv[i + 1]);
  }
  return arguments;
}

// The module beside the program.
Result<const Family*> load_family(const std::string& name) {
  if (name.empty() || name.find('/') != std::string::npos)
    return fail(Code::kInvalidArgument, "codec family '{}'", name);
  std::string path(4096, '\0');
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0) return fail(Code::kIoError, "cannot tell where imagemill-codec lies");
  path.resize(static_cast<size_t>(length));
  path = fmt::format("{}-{}.so", path, name);
  void* module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr)
    return fail(Code::kUnsupported, "this installation has no codecs for it: {}", ::dlerror());
  const auto entry = reinterpret_cast<decltype(&imagemill_codec_family)>(
      ::dlsym(module, "imagemill_codec_family"));
  if (entry == nullptr) return fail(Code::kUnsupported, "{} is no codec module", path);
  return entry();
}

// Shared memory of the engine: what has a slot stays mapped for later calls.
class Slots {
 public:
  // Of at least `bytes`; the buffer has just as many.
  Result<std::shared_ptr<Buffer>> open(int slot, const FileDescriptor& memory, uint64_t bytes) {
    if (slot == kNoSlot) return map_shared_memory(memory, bytes, Access::kReadWrite);
    if (slot < 0 || slot >= kSlots) return fail(Code::kInternal, "slot {}", slot);
    std::shared_ptr<Buffer>& kept = kept_[static_cast<size_t>(slot)];
    if (memory.is_open()) {
      IMAGEMILL_ASSIGN_OR_RETURN(const size_t size, shared_memory_bytes(memory));
      IMAGEMILL_ASSIGN_OR_RETURN(kept, map_shared_memory(memory, size, Access::kReadWrite));
    }
    if (kept == nullptr || kept->bytes < bytes)
      return fail(Code::kInternal, "slot {} does not have {} bytes", slot, bytes);
    auto part = std::make_shared<Buffer>();
    part->data = kept->data;
    part->bytes = bytes;
    part->deleter_context = new std::shared_ptr<Buffer>(kept);
    part->deleter = [](Buffer& b) {
      delete static_cast<std::shared_ptr<Buffer>*>(b.deleter_context);
    };
    return part;
  }
  void forget(uint32_t slots) {
    for (size_t i = 0; i < kept_.size(); ++i)
      if ((slots >> i & 1) != 0) kept_[i].reset();
  }

 private:
  std::array<std::shared_ptr<Buffer>, kSlots> kept_;
};

// Asks the engine for the memory of each picture.
class EngineMemory final : public PixelMemory {
 public:
  explicit EngineMemory(Slots& slots) : slots_(slots) {}

  Result<std::shared_ptr<Buffer>> allocate_bytes(const PixelLayout& layout) override {
    IMAGEMILL_TRY(say(MessageKind::kLayout, to_wire(layout)));
    IMAGEMILL_ASSIGN_OR_RETURN(const Message answer,
                               receive_message(kSocket, kMaxCallBytes, true, without_end));
    if (answer.kind != MessageKind::kPixels)
      return fail(Code::kCancelled, "the engine does not want it");
    return slots_.open(WireReader(answer.body).get<int>(), answer.fd, layout.bytes);
  }

 private:
  Slots& slots_;
};

// One that waits for longer than a busy engine lets it gives its memory back.
void wait_for_work() {
  constexpr int kSoonMilliseconds = 1000;
  pollfd socket{kSocket, POLLIN, 0};
  if (::poll(&socket, 1, kSoonMilliseconds) == 0) ::malloc_trim(0);
}

struct Reply {
  MessageKind kind;
  Bytes body;
};

Result<Reply> read_header(const Family& family, const Message& call, Slots& slots) {
  IMAGEMILL_ASSIGN_OR_RETURN(const DecodeCall what, decode_call_from_wire(call.body));
  slots.forget(what.gone_slots);
  IMAGEMILL_ASSIGN_OR_RETURN(const auto file, slots.open(what.slot, call.fd, what.bytes));
  IMAGEMILL_ASSIGN_OR_RETURN(const ImageHeader header,
                             family.read_header(what.format, {file->data, file->bytes}));
  return Reply{MessageKind::kHeader, to_wire(header)};
}

Result<Reply> decode(const Family& family, const Message& call, Slots& slots) {
  IMAGEMILL_ASSIGN_OR_RETURN(const DecodeCall what, decode_call_from_wire(call.body));
  slots.forget(what.gone_slots);
  IMAGEMILL_ASSIGN_OR_RETURN(const auto file, slots.open(what.slot, call.fd, what.bytes));
  EngineMemory memory(slots);
  IMAGEMILL_ASSIGN_OR_RETURN(const Decoded decoded,
                             family.decode(what, {file->data, file->bytes}, memory));
  return Reply{MessageKind::kDecoded, to_wire(decoded)};
}

Result<Reply> encode(const Family& family, const Message& call) {
  IMAGEMILL_ASSIGN_OR_RETURN(const size_t size, shared_memory_bytes(call.fd));
  IMAGEMILL_ASSIGN_OR_RETURN(auto pixels, map_shared_memory(call.fd, size, Access::kRead));
  if (family.encode == nullptr) return fail(Code::kUnsupported, "no encoder");
  IMAGEMILL_ASSIGN_OR_RETURN(const EncodeCall what, encode_call_from_wire(call.body));
  IMAGEMILL_ASSIGN_OR_RETURN(const Image image, Image::lay_out(std::move(pixels), what.width,
                                                               what.height, what.pixel_format));
  IMAGEMILL_ASSIGN_OR_RETURN(Bytes encoded, family.encode(what, image));
  return Reply{MessageKind::kEncoded, std::move(encoded)};
}

Result<Reply> serve(const Family& family, const Message& call, Slots& slots) {
  try {
    switch (call.kind) {
      case MessageKind::kReadHeader:
        return read_header(family, call, slots);
      case MessageKind::kDecode:
        return decode(family, call, slots);
      case MessageKind::kEncode:
        return encode(family, call);
      default:
        return fail(Code::kInternal, "call of kind {}", static_cast<uint32_t>(call.kind));
    }
  } catch (const std::bad_alloc&) {
    return fail(Code::kResourceExhausted,
                "takes more memory than the limit of one codec helper (--max-memory)");
  } catch (const std::exception& e) {
    return fail(Code::kCorruptInput, "{}", e.what());
  }
}

int run(const Arguments& arguments) {
  if (!leash(arguments.parent)) return EXIT_FAILURE;
  const auto family = load_family(arguments.family);
  if (!family) {
    std::ignore = say(MessageKind::kFailed, to_wire(family.error()));
    return EXIT_FAILURE;
  }
  if ((*family)->prepare != nullptr) (*family)->prepare();
  HelperHello hello;
  hello.confinement_gap = confine(arguments.memory_bytes, (*family)->needs_threads);
  if (!say(MessageKind::kHello, to_wire(hello))) return EXIT_FAILURE;
  Slots slots;
  for (;;) {
    wait_for_work();
    const auto call = receive_message(kSocket, kMaxCallBytes, true, without_end);
    if (!call) return EXIT_SUCCESS;
    const auto reply = serve(**family, *call, slots);
    const auto said =
        reply ? say(reply->kind, reply->body) : say(MessageKind::kFailed, to_wire(reply.error()));
    if (!said) return EXIT_FAILURE;
  }
}

}  // namespace
}  // namespace imagemill::codec_host

int main(int argc, char** argv) {
  const auto arguments = imagemill::codec_host::parse(argc, argv);
  if (arguments.parent == 0) {
    std::fputs("imagemill-codec is started by imagemill, which speaks to it over a socket.\n",
               stderr);
    return 2;
  }
  // Not through the destructors of every library: they may do what is no longer allowed.
  std::_Exit(imagemill::codec_host::run(arguments));
}
