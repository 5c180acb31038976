// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/helper_protocol.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::HasSubstr;

ImageHeader some_header() {
  ImageHeader header;
  header.format = FileFormat::kHeic;
  header.width = 4032;
  header.height = 3024;
  header.pixel_format = PixelFormat::rgb(SampleType::kU16, true);
  header.orientation = Orientation::kRotate90;
  header.pages = 3;
  header.has_icc = true;
  return header;
}

Decoded some_decoded() {
  Decoded decoded;
  decoded.image.color.transfer = TransferFunction::kPq;
  decoded.image.color.primaries = Primaries::kDisplayP3;
  decoded.image.color.icc = std::make_shared<const Bytes>(Bytes{std::byte{1}, std::byte{2}});
  decoded.metadata.exif = {std::byte{'I'}, std::byte{'I'}};
  decoded.metadata.xmp = {std::byte{'<'}};
  decoded.is_damaged = true;
  decoded.warnings = {"one", "two"};
  return decoded;
}

TEST(HelperProtocol, carries_a_layout) {
  const PixelLayout sent{some_header(), 2};
  ASSERT_OK_AND_ASSIGN(const PixelLayout got, layout_from_wire(to_wire(sent)));
  EXPECT_EQ(got.width(), 2016);
  EXPECT_EQ(got.height(), 1512);
  EXPECT_EQ(got.header.pixel_format, sent.header.pixel_format);
  EXPECT_EQ(got.header.orientation, Orientation::kRotate90);
  EXPECT_EQ(got.header.pages, 3);
  EXPECT_TRUE(got.header.has_icc);
}

TEST(HelperProtocol, carries_everything_of_a_decode_but_the_pixels) {
  Decoded got;
  ASSERT_THAT(read_decoded(to_wire(some_decoded()), got), IsOk());
  EXPECT_EQ(got.image.color.transfer, TransferFunction::kPq);
  EXPECT_EQ(got.image.color.primaries, Primaries::kDisplayP3);
  ASSERT_TRUE(got.image.color.icc);
  EXPECT_EQ(got.image.color.icc->size(), 2u);
  EXPECT_EQ(got.metadata.icc, got.image.color.icc);
  EXPECT_EQ(got.metadata.exif.size(), 2u);
  EXPECT_EQ(got.metadata.xmp.size(), 1u);
  EXPECT_TRUE(got.is_damaged);
  EXPECT_EQ(got.warnings, (std::vector<std::string>{"one", "two"}));
}

TEST(HelperProtocol, refuses_every_truncation) {
  const Bytes layout = to_wire(PixelLayout{some_header(), 1});
  for (size_t n = 0; n < layout.size(); ++n)
    EXPECT_THAT(layout_from_wire(ByteSpan(layout).first(n)), FailsWith(Code::kCorruptInput)) << n;
  const Bytes decoded = to_wire(some_decoded());
  for (size_t n = 0; n < decoded.size(); ++n) {
    Decoded got;
    EXPECT_THAT(read_decoded(ByteSpan(decoded).first(n), got), FailsWith(Code::kCorruptInput)) << n;
  }
}

// Whatever a taken-over helper writes, a reader either refuses it or gives values of its type.
TEST(HelperProtocol, survives_every_byte_being_another) {
  const Bytes honest = to_wire(PixelLayout{some_header(), 1});
  for (size_t at = 0; at < honest.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      Bytes bytes = honest;
      bytes[at] = static_cast<std::byte>(value);
      const auto got = layout_from_wire(bytes);
      if (!got) continue;
      const ImageHeader& h = got->header;
      EXPECT_GE(h.width, 1);
      EXPECT_GE(h.height, 1);
      EXPECT_LE(h.pixel_format.channels(), kMaxPlanes);
      EXPECT_LE(static_cast<int>(h.pixel_format.sample), static_cast<int>(SampleType::kF32));
      EXPECT_LE(h.pixel_format.chroma_shift_x, 2);
      EXPECT_GE(static_cast<int>(h.orientation), 1);
      EXPECT_LE(static_cast<int>(h.orientation), 8);
      EXPECT_FALSE(to_string(h.pixel_format).empty());
    }
  }
}

TEST(HelperProtocol, makes_words_fit_for_a_terminal) {
  const Status sent(Code::kCorruptInput, "a\x1b[31mb\n" + std::string(1000, 'x'));
  ASSERT_OK_AND_ASSIGN(const Status got, status_from_wire(to_wire(sent)));
  EXPECT_THAT(got.message(), HasSubstr("a?[31mb?xxx"));
  EXPECT_LE(got.message().size(), 500u);
}

TEST(HelperProtocol, carries_an_encode_call) {
  EncodeCall sent;
  sent.format = FileFormat::kAvif;
  sent.width = 7;
  sent.height = 5;
  sent.options.quality = 42;
  sent.options.lossless = true;
  sent.metadata.xmp = {std::byte{'x'}};
  ASSERT_OK_AND_ASSIGN(const EncodeCall got, encode_call_from_wire(to_wire(sent)));
  EXPECT_EQ(got.width, 7);
  EXPECT_EQ(got.options.quality, 42);
  EXPECT_TRUE(got.options.lossless);
  EXPECT_EQ(got.metadata.xmp.size(), 1u);
}

struct SocketPair {
  SocketPair() {
    int fds[2];
    IMAGEMILL_CHECK(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    a = FileDescriptor(fds[0]);
    b = FileDescriptor(fds[1]);
  }
  FileDescriptor a, b;
};

std::optional<int> once() { return std::nullopt; }

TEST(HelperChannel, delivers_a_body_and_a_descriptor) {
  SocketPair pair;
  const Bytes body(1000, std::byte{7});
  ASSERT_OK_AND_ASSIGN(const FileDescriptor memory, create_shared_memory(1000));
  ASSERT_THAT(send_message(pair.a.get(), MessageKind::kDecode, body, &memory, once), IsOk());
  ASSERT_OK_AND_ASSIGN(const Message got, receive_message(pair.b.get(), 1000, true, once));
  EXPECT_EQ(got.kind, MessageKind::kDecode);
  EXPECT_EQ(got.body, body);
  ASSERT_TRUE(got.fd.is_open());
  EXPECT_THAT(shared_memory_bytes(got.fd), testing::Optional(1000u));
}

TEST(HelperChannel, drops_descriptors_that_nobody_asked_for) {
  SocketPair pair;
  ASSERT_OK_AND_ASSIGN(const FileDescriptor memory, create_shared_memory(1));
  ASSERT_THAT(send_message(pair.a.get(), MessageKind::kHello, {}, &memory, once), IsOk());
  ASSERT_OK_AND_ASSIGN(const Message got, receive_message(pair.b.get(), 10, false, once));
  EXPECT_FALSE(got.fd.is_open());
}

TEST(HelperChannel, refuses_a_body_beyond_the_limit) {
  SocketPair pair;
  ASSERT_THAT(send_message(pair.a.get(), MessageKind::kHello, Bytes(11), nullptr, once), IsOk());
  EXPECT_THAT(receive_message(pair.b.get(), 10, false, once), FailsWith(Code::kCorruptInput));
}

TEST(HelperChannel, tells_silence_from_death) {
  SocketPair pair;
  EXPECT_THAT(receive_message(pair.b.get(), 10, false, once), FailsWith(Code::kResourceExhausted));
  pair.a.reset();
  EXPECT_THAT(receive_message(pair.b.get(), 10, false, once), FailsWith(Code::kNotFound));
}

TEST(SharedMemory, keeps_its_size) {
  ASSERT_OK_AND_ASSIGN(const FileDescriptor sized, create_shared_memory(4096));
  EXPECT_NE(::ftruncate(sized.get(), 1), 0);
  EXPECT_NE(::ftruncate(sized.get(), 8192), 0);
  ASSERT_OK_AND_ASSIGN(const auto mapped, map_shared_memory(sized, 3, Access::kRead));
  EXPECT_EQ(as_text({mapped->data, mapped->bytes}), std::string_view("\0\0\0", 3));
  EXPECT_THAT(map_shared_memory(sized, 4097, Access::kRead), FailsWith(Code::kInvalidArgument));
}

TEST(SharedMemory, is_not_mapped_while_somebody_could_shrink_it) {
  const FileDescriptor loose(::memfd_create("loose", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(::ftruncate(loose.get(), 4096), 0);
  EXPECT_THAT(map_shared_memory(loose, 4096, Access::kRead), FailsWith(Code::kInvalidArgument));
}

}  // namespace
}  // namespace imagemill
