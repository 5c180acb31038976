// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The engine's side against the real helper process, mostly with the family that misbehaves as it
// is told (test_family.cc).
#include "codec/helper_client.h"

#include <signal.h>
#include <sys/wait.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>

#include "codec/codec_set.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::AllOf;
using testing::HasSubstr;

HelperOptions misbehaving() {
  HelperOptions options;
  options.binary = IMAGEMILL_CODEC_HOST;
  options.only_family = "test";
  return options;
}

HelperOptions real() {
  HelperOptions options;
  options.binary = IMAGEMILL_CODEC_HOST;
  return options;
}

std::unique_ptr<HelperPool> open(HelperOptions options) {
  auto pool = HelperPool::open(std::move(options));
  EXPECT_THAT(pool, IsOk());
  return pool ? std::move(*pool) : nullptr;
}

Result<Decoded> decode(const HelperPool& pool, std::string_view words, double seconds = 10) {
  DecodeRequest request;
  request.limits.max_seconds = seconds;
  return pool.decoder_for(FileFormat::kHeic)->decode(as_byte_span(words), request);
}

int pid_of(const Decoded& decoded) { return std::stoi(decoded.warnings.at(0).substr(4)); }

// The pixels that test_family.cc makes.
void expect_good(const Result<Decoded>& decoded) {
  ASSERT_THAT(decoded, IsOk());
  const Image& image = decoded->image;
  ASSERT_EQ(image.width(), 5);
  ASSERT_EQ(image.height(), 3);
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < 3; ++y)
      for (int x = 0; x < 5; ++x)
        ASSERT_EQ(image.plane(c).row<uint8_t>(y)[x], static_cast<uint8_t>(100 * c + 10 * y + x));
}

TEST(HelperPool, says_where_it_looked_for_a_missing_binary) {
  HelperOptions options;
  options.binary = "/nowhere/imagemill-codec";
  EXPECT_THAT(HelperPool::open(options),
              FailsWith(Code::kNotFound, HasSubstr("/nowhere/imagemill-codec")));
}

TEST(HelperPool, says_which_family_is_not_installed) {
  HelperOptions options = misbehaving();
  options.only_family = "absent";
  EXPECT_THAT(decode(*open(options), "good"),
              FailsWith(Code::kUnsupported, AllOf(HasSubstr("HEIC"), HasSubstr("absent"))));
}

TEST(HelperPool, gives_up_on_a_binary_that_is_something_else) {
  HelperOptions options = misbehaving();
  options.binary = "/bin/true";
  EXPECT_THAT(decode(*open(options), "good"), FailsWith(Code::kCorruptInput, HasSubstr("ended")));
}

TEST(HelperPool, reuses_a_process_and_keeps_the_pixels_after_it_is_gone) {
  auto pool = open(misbehaving());
  const auto first = decode(*pool, "good");
  const auto second = decode(*pool, "good");
  pool.reset();
  expect_good(first);
  expect_good(second);
  EXPECT_EQ(pid_of(*first), pid_of(*second));
}

TEST(HelperPool, passes_on_the_words_of_a_failure_and_goes_on_with_the_process) {
  auto pool = open(misbehaving());
  const auto before = decode(*pool, "good");
  EXPECT_THAT(decode(*pool, "fail"), FailsWith(Code::kCorruptInput, "told to fail?[31m"));
  EXPECT_THAT(decode(*pool, "throw"), FailsWith(Code::kCorruptInput, "thrown"));
  const auto after = decode(*pool, "good");
  expect_good(after);
  EXPECT_EQ(pid_of(*before), pid_of(*after));
}

struct Misdeed {
  const char* words;
  Code code;
  const char* message;
};

class MisdeedTest : public testing::TestWithParam<Misdeed> {};

TEST_P(MisdeedTest, costs_one_item) {
  auto pool = open(misbehaving());
  const auto before = decode(*pool, "good");
  expect_good(before);
  EXPECT_THAT(decode(*pool, GetParam().words, 0.2),
              FailsWith(GetParam().code, AllOf(HasSubstr("HEIC"), HasSubstr(GetParam().message))));
  const auto after = decode(*pool, "good");
  expect_good(after);
  EXPECT_NE(pid_of(*before), pid_of(*after));
}

INSTANTIATE_TEST_SUITE_P(
    HelperPool, MisdeedTest,
    testing::Values(Misdeed{"sleep", Code::kResourceExhausted, "limit of 0.2 s"},
                    Misdeed{"spin", Code::kResourceExhausted, "limit of 0.2 s"},
                    Misdeed{"crash", Code::kCorruptInput, "crashed (SIGSEGV)"},
                    Misdeed{"abort", Code::kCorruptInput, "crashed (SIGABRT): something broke"},
                    Misdeed{"exit", Code::kCorruptInput, "exit status 7"},
                    Misdeed{"leave", Code::kCorruptInput, "exit status 0"},
                    Misdeed{"garbage", Code::kCorruptInput, "senseless"},
                    Misdeed{"lie negative", Code::kCorruptInput, "-5x3"},
                    Misdeed{"lie sample", Code::kCorruptInput, "senseless"},
                    Misdeed{"lie subsampling", Code::kCorruptInput, "senseless"},
                    Misdeed{"lie orientation", Code::kCorruptInput, "senseless"},
                    Misdeed{"lie format", Code::kCorruptInput, "another format"},
                    Misdeed{"lie scale", Code::kCorruptInput, "1/7"},
                    Misdeed{"lie short", Code::kCorruptInput, "senseless"},
                    Misdeed{"lie kind", Code::kCorruptInput, "kind 99"},
                    Misdeed{"lie order", Code::kCorruptInput, "senseless"},
                    Misdeed{"lie long", Code::kCorruptInput, "bytes, expected at most"}),
    [](const auto& test) {
      std::string name = test.param.words;
      std::ranges::replace(name, ' ', '_');
      return name;
    });

TEST(HelperPool, does_not_wait_long_for_one_that_ignores_a_refusal) {
  auto pool = open(misbehaving());
  EXPECT_THAT(decode(*pool, "lie size", 0.2),
              FailsWith(Code::kResourceExhausted, HasSubstr("1073741824x1073741824")));
  expect_good(decode(*pool, "good"));
}

TEST(HelperPool, does_not_wait_for_a_helper_when_the_run_is_stopped) {
  CancelToken cancel;
  HelperOptions options = misbehaving();
  options.cancel = &cancel;
  options.max_processes = 1;
  auto pool = open(options);
  expect_good(decode(*pool, "good"));
  std::jthread user([&cancel] { cancel.request(); });
  EXPECT_THAT(decode(*pool, "sleep", 1000), FailsWith(Code::kCancelled));
  EXPECT_THAT(decode(*pool, "good"), FailsWith(Code::kCancelled));
}

TEST(HelperPool, bounds_the_memory_of_a_picture) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "helpers built with a sanitizer have no memory limit";
#endif
  HelperOptions options = misbehaving();
  options.memory_limit_bytes = 64 << 20;
  auto pool = open(options);
  EXPECT_THAT(decode(*pool, "memory"), FailsWith(Code::kResourceExhausted, HasSubstr("memory")));
  expect_good(decode(*pool, "good"));
}

TEST(HelperPool, confines_its_processes) {
  auto pool = open(misbehaving());
  const auto tried = decode(*pool, "escape");
  if (const auto note = pool->take_note()) {
    EXPECT_THAT(*note, HasSubstr("confinement"));
    EXPECT_EQ(pool->take_note(), std::nullopt) << "once is enough";
    GTEST_SKIP() << *note;
  }
  EXPECT_THAT(tried, FailsWith(Code::kUnsupported, "got through: nothing"));
}

TEST(HelperPool, is_not_stopped_by_a_talkative_library) {
  expect_good(decode(*open(misbehaving()), "chatter"));
}

TEST(HelperPool, replaces_a_process_that_died_while_it_idled) {
  auto pool = open(misbehaving());
  const auto first = decode(*pool, "good");
  expect_good(first);
  ASSERT_EQ(::kill(pid_of(*first), SIGKILL), 0);
  siginfo_t ended;
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid_of(*first)), &ended, WEXITED | WNOWAIT), 0);
  expect_good(decode(*pool, "good"));
}

TEST(HelperPool, replaces_a_process_after_its_share_of_calls) {
  HelperOptions options = misbehaving();
  options.calls_per_process = 3;
  auto pool = open(options);
  std::set<int> pids;
  for (int i = 0; i < 9; ++i) {
    const auto decoded = decode(*pool, "good");
    expect_good(decoded);
    pids.insert(pid_of(*decoded));
  }
  EXPECT_EQ(pids.size(), 3u);
}

TEST(HelperPool, leaves_no_process_behind) {
  auto pool = open(misbehaving());
  const int pid = pid_of(*decode(*pool, "good"));
  EXPECT_EQ(::kill(pid, 0), 0);
  pool.reset();
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST(HelperPool, serves_eight_threads_with_two_processes) {
  auto pool = open(misbehaving());
  std::atomic<int> good = 0, crashed = 0;
  std::mutex mutex;
  std::set<int> pids;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 10; ++i) {
          const bool bad = (t + i) % 8 == 0;
          const auto decoded = decode(*pool, bad ? "crash" : "good");
          if (decoded) {
            ++good;
            const std::lock_guard lock(mutex);
            pids.insert(pid_of(*decoded));
          } else if (decoded.error().message().find("SIGSEGV") != std::string::npos) {
            ++crashed;
          }
        }
      });
  }
  EXPECT_EQ(good, 70);
  EXPECT_EQ(crashed, 10);
  EXPECT_LE(pids.size(), 12u);  // two, and one more for each that crashed
}

TEST(HelperPool, makes_room_for_another_family) {
  HelperOptions options = real();
  options.max_processes = 1;
  options.max_idle_processes = 1;
  auto pool = open(options);
  const CodecSet codecs(pool.get());
  const std::string ppm = "P6 2 1 255\n\x01\x02\x03\x04\x05\x06";
  for (int i = 0; i < 2; ++i) {
    ASSERT_OK_AND_ASSIGN(const Decoded decoded, codecs.decode(as_byte_span(ppm), {}));
    EXPECT_EQ(decoded.image.plane(2).row<uint8_t>(0)[1], 6);
    EXPECT_THAT(codecs.decode(as_byte_span("\xFF\x0A rubbish"), {}),
                FailsWith(Code::kCorruptInput, HasSubstr("JXL")));
  }
}

TEST(HelperPool, asks_the_limits_before_memory_is_taken) {
  auto pool = open(real());
  const std::string ppm = "P6 60000 60000 255\n";
  EXPECT_THAT(CodecSet(pool.get()).decode(as_byte_span(ppm), {}),
              FailsWith(Code::kResourceExhausted, HasSubstr("60000x60000")));
}

TEST(CodecSet, names_the_helper_when_there_is_none) {
  EXPECT_THAT(CodecSet().read_header(as_byte_span("GIF89a...")),
              FailsWith(Code::kUnsupported, HasSubstr("imagemill-codec")));
}

}  // namespace
}  // namespace imagemill
