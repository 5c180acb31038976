// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/process_meter.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

namespace imagemill {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

TEST(ParseStatm, counts_pages) {
  const StatmBytes bytes = parse_statm("765 416 388 5 0 123 0\n", 4096);
  EXPECT_EQ(bytes.resident, 416u * 4096);
  EXPECT_EQ(bytes.shared, 388u * 4096);
  EXPECT_EQ(parse_statm("", 4096).resident, 0u);
  EXPECT_EQ(parse_statm("1 18446744073709551615 x", 4096).shared, 0u);
}

TEST(ParseStat, survives_any_process_name) {
  const std::string rest = " S 1 2 3 4 5 6 7 8 9 10 120 30 0 0\n";
  EXPECT_EQ(parse_stat_cpu_ticks("42 (a b) R 9 9 (evil)" + rest), 150u);
  EXPECT_EQ(parse_stat_cpu_ticks("42 (short) S 1"), 0u);
  EXPECT_EQ(parse_stat_cpu_ticks(")"), 0u);
  EXPECT_EQ(parse_stat_cpu_ticks(""), 0u);
}

TEST(ProcessMeter, sees_memory_that_is_touched) {
  ProcessMeter meter(real_file_system());
  const ProcessSample before = meter.sample(1);
  EXPECT_GT(before.resident_bytes, kMiB);
  EXPECT_GE(before.peak_resident_bytes, before.resident_bytes);
  EXPECT_EQ(before.cpu_percent, 0);

  constexpr size_t kBytes = 64 * kMiB;
  void* memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  std::memset(memory, 1, kBytes);
  const ProcessSample with = meter.sample(2);
  munmap(memory, kBytes);
  EXPECT_GE(with.resident_bytes, before.resident_bytes + kBytes / 2);
  const ProcessSample after = meter.sample(3);
  EXPECT_LT(after.resident_bytes, with.resident_bytes);
  EXPECT_GE(after.peak_resident_bytes, with.resident_bytes);
  EXPECT_GE(after.cpu_seconds, before.cpu_seconds);
}

TEST(ProcessMeter, counts_what_a_child_does_not_share) {
  ProcessMeter meter(real_file_system());
  const ProcessSample before = meter.sample(1);
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    constexpr size_t kBytes = 64 * kMiB;
    void* memory =
        mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) std::memset(memory, 1, kBytes);
    const char go = 'x';
    if (write(ready[1], &go, 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char go = 0;
  ASSERT_EQ(read(ready[0], &go, 1), 1);
  const ProcessSample with = meter.sample(2);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
  if (access("/proc/self/task", R_OK) != 0 ||
      access(("/proc/self/task/" + std::to_string(getpid()) + "/children").c_str(), R_OK) != 0) {
    GTEST_SKIP() << "this kernel does not list child processes";
  }
  EXPECT_GE(with.resident_bytes, before.resident_bytes + 32 * kMiB);
}

}  // namespace
}  // namespace imagemill
