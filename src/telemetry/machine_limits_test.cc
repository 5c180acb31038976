// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/machine_limits.h"

#include <gtest/gtest.h>

#include "support/test_folder.h"

namespace imagemill {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

class MachineLimitsTest : public testing::Test {
 protected:
  MachineLimitsTest() {
    folder_.write("proc/meminfo", "MemTotal:        8388608 kB\nMemFree:  1 kB\n");
  }
  void mount(const std::string& lines) { folder_.write("proc/self/mountinfo", lines); }
  void group(const std::string& lines) { folder_.write("proc/self/cgroup", lines); }
  uint64_t memory() { return available_memory_bytes(real_file_system(), folder_.path()); }
  int cores() { return usable_cores(real_file_system(), folder_.path()); }

  TestFolder folder_;
};

constexpr const char* kV2Mount =
    "24 1 8:1 / / rw - ext4 /dev/sda rw\n"
    "30 25 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

TEST_F(MachineLimitsTest, without_groups_it_is_the_machine) {
  EXPECT_EQ(memory(), 8192 * kMiB);
  EXPECT_GE(cores(), 1);
}

TEST_F(MachineLimitsTest, v2_takes_the_least_of_the_group_and_those_above) {
  mount(kV2Mount);
  group("0::/user.slice/app\n");
  folder_.write("sys/fs/cgroup/user.slice/app/memory.max", "max\n");
  folder_.write("sys/fs/cgroup/user.slice/memory.max", "1073741824\n");
  folder_.write("sys/fs/cgroup/user.slice/app/cpu.max", "50000 100000\n");
  folder_.write("sys/fs/cgroup/user.slice/cpu.max", "max 100000\n");
  EXPECT_EQ(memory(), 1024 * kMiB);
  EXPECT_EQ(cores(), 1);
}

TEST_F(MachineLimitsTest, v2_in_a_container_has_the_limit_at_the_mount) {
  mount(kV2Mount);
  group("0::/\n");
  folder_.write("sys/fs/cgroup/memory.max", "536870912\n");
  EXPECT_EQ(memory(), 512 * kMiB);
}

TEST_F(MachineLimitsTest, v1_reads_each_controller) {
  mount(
      "31 25 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "32 25 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n");
  group("5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n");
  // Within the container its group is the root of the mount; the long name leads nowhere.
  folder_.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "268435456\n");
  folder_.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "100000\n");
  folder_.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(memory(), 256 * kMiB);
  EXPECT_EQ(cores(), 1);
}

TEST_F(MachineLimitsTest, v1_unlimited_is_the_machine) {
  mount("31 25 0:27 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  group("5:memory:/docker/abc/inner\n");
  folder_.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(memory(), 8192 * kMiB);
  folder_.write("sys/fs/cgroup/memory/inner/memory.limit_in_bytes", "1048576\n");
  EXPECT_EQ(memory(), kMiB);
}

TEST_F(MachineLimitsTest, nonsense_is_not_believed) {
  mount("x\n- - -\n1 2 3 - cgroup2\n" + std::string(kV2Mount));
  group(":::\n0\n0::relative\n");
  folder_.write("proc/meminfo", "MemTotal: 99999999999999999999999 kB\n");
  folder_.write("sys/fs/cgroup/cpu.max", "0 0\n");
  EXPECT_EQ(memory(), 0u);
  EXPECT_GE(cores(), 1);
}

TEST(MachineLimits, of_this_machine_are_sane) {
  EXPECT_GT(available_memory_bytes(real_file_system()), 64 * kMiB);
  EXPECT_GE(usable_cores(real_file_system()), 1);
}

}  // namespace
}  // namespace imagemill
