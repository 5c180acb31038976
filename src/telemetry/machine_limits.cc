// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/machine_limits.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

#include "telemetry/proc_text.h"

namespace imagemill {
namespace {

// The folders that hold the limits of this process's group for one controller, from its own group
// up to the root.
std::vector<std::string> group_folders(std::string_view mount_point, std::string_view mount_root,
                                       std::string_view group) {
  std::vector<std::string> folders;
  // Within a container the mount may show only the part below the container's own group.
  if (mount_root != "/" && group.starts_with(mount_root)) group.remove_prefix(mount_root.size());
  if (!group.starts_with('/')) group = "/";
  while (true) {
    while (group.ends_with('/')) group.remove_suffix(1);
    folders.push_back(std::string(mount_point).append(group));
    if (group.empty()) return folders;
    group = group.substr(0, group.rfind('/'));
  }
}

struct ControlGroup {
  bool is_v2 = false;
  std::vector<std::string> folders;
};

// /proc/self/cgroup, "4:cpu,cpuacct:/a" (v1) or "0::/a" (v2): the group of a controller.
std::optional<std::string_view> group_of(std::string_view groups, std::string_view controller) {
  for (const std::string_view line : split(groups, '\n')) {
    const std::vector<std::string_view> fields = split(line, ':');
    if (fields.size() < 3) continue;
    const std::vector<std::string_view> controllers = split(fields[1], ',');
    const bool is_v2 = fields[0] == "0" && fields[1].empty();
    if (controller.empty() ? is_v2 : std::ranges::count(controllers, controller) > 0) {
      return line.substr(fields[0].size() + fields[1].size() + 2);
    }
  }
  return std::nullopt;
}

// Every mount that controls `controller`; hybrid systems have a v1 and a v2 hierarchy.
std::vector<ControlGroup> control_groups(FileSystem& fs, const std::string& root,
                                         std::string_view controller) {
  const std::string groups = read_text(fs, root + "/proc/self/cgroup");
  const std::string mounts = read_text(fs, root + "/proc/self/mountinfo");
  std::vector<ControlGroup> found;
  for (const std::string_view line : split(mounts, '\n')) {
    // "30 25 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw"
    const size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) continue;
    const std::vector<std::string_view> mount = split(line.substr(0, dash), ' ');
    const std::vector<std::string_view> type = split(line.substr(dash + 3), ' ');
    if (mount.size() < 5 || type.size() < 3) continue;
    const bool is_v2 = type[0] == "cgroup2";
    if (!is_v2) {
      const std::vector<std::string_view> options = split(type[2], ',');
      if (type[0] != "cgroup" || std::ranges::count(options, controller) == 0) continue;
    }
    const auto group = group_of(groups, is_v2 ? "" : controller);
    found.push_back(
        {.is_v2 = is_v2,
         .folders = group_folders(root + std::string(mount[4]), mount[3], group.value_or("/"))});
  }
  return found;
}

std::optional<uint64_t> machine_memory_bytes(FileSystem& fs, const std::string& root) {
  constexpr std::string_view kField = "MemTotal:";
  const std::string text = read_text(fs, root + "/proc/meminfo");
  for (const std::string_view line : split(text, '\n')) {
    if (!line.starts_with(kField)) continue;
    const std::optional<uint64_t> kilobytes = first_number(line.substr(kField.size()));
    if (kilobytes && *kilobytes <= UINT64_MAX / 1024) return *kilobytes * 1024;
  }
  return std::nullopt;
}

// Cores that the quota of one group is worth. "max" and -1 are no numbers: no quota.
std::optional<double> quota_cores(FileSystem& fs, const std::string& folder, bool is_v2) {
  std::optional<uint64_t> quota;
  std::optional<uint64_t> period;
  if (is_v2) {
    const std::string text = read_text(fs, folder + "/cpu.max");
    const std::vector<std::string_view> fields = split(text, ' ');
    if (fields.size() < 2) return std::nullopt;
    quota = first_number(fields[0]);
    period = first_number(fields[1]);
  } else {
    quota = first_number(read_text(fs, folder + "/cpu.cfs_quota_us"));
    period = first_number(read_text(fs, folder + "/cpu.cfs_period_us"));
  }
  if (!quota || !period || *quota == 0 || *period == 0) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

int cores_by_affinity() {
  // Machines with more than 1024 cores refuse the small mask; they have the larger one.
  for (int most = 1024; most <= 65536; most *= 8) {
    cpu_set_t* set = CPU_ALLOC(most);
    if (set == nullptr) break;
    const size_t bytes = CPU_ALLOC_SIZE(most);
    CPU_ZERO_S(bytes, set);
    const bool is_known = sched_getaffinity(0, bytes, set) == 0;
    const int count = is_known ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (count > 0) return count;
  }
  return static_cast<int>(std::clamp(sysconf(_SC_NPROCESSORS_ONLN), 1L, 65536L));
}

}  // namespace

uint64_t available_memory_bytes(FileSystem& fs, const std::string& root) {
  std::optional<uint64_t> least = machine_memory_bytes(fs, root);
  for (const ControlGroup& group : control_groups(fs, root, "memory")) {
    const std::string_view file = group.is_v2 ? "/memory.max" : "/memory.limit_in_bytes";
    for (const std::string& folder : group.folders) {
      const std::optional<uint64_t> limit = first_number(read_text(fs, folder + std::string(file)));
      if (limit) least = std::min(least.value_or(*limit), *limit);
    }
  }
  return least.value_or(0);
}

int usable_cores(FileSystem& fs, const std::string& root) {
  int least = cores_by_affinity();
  for (const ControlGroup& group : control_groups(fs, root, "cpu")) {
    for (const std::string& folder : group.folders) {
      const std::optional<double> quota = quota_cores(fs, folder, group.is_v2);
      if (quota && *quota < least) least = static_cast<int>(std::ceil(*quota));
    }
  }
  return std::max(1, least);
}

}  // namespace imagemill
