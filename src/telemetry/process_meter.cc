// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/process_meter.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "telemetry/proc_text.h"

namespace imagemill {
namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double cpu_seconds_of(int who) {
  rusage usage = {};
  if (getrusage(who, &usage) != 0) return 0;
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

// Not ru_maxrss of getrusage(): that begins with what the process had that started this one.
uint64_t own_peak_bytes(FileSystem& fs) {
  constexpr std::string_view kName = "VmHWM:";
  const std::string status = read_text(fs, "/proc/self/status");
  const size_t at = status.find(kName);
  if (at == std::string::npos) return 0;
  std::string_view rest = std::string_view(status).substr(at + kName.size());
  while (rest.starts_with('\t')) rest.remove_prefix(1);
  return first_number(rest).value_or(0) * 1024;
}

}  // namespace

StatmBytes parse_statm(std::string_view text, uint64_t page_bytes) {
  const std::vector<std::string_view> fields = split(text, ' ');
  if (fields.size() < 3) return {};
  const uint64_t most_pages = UINT64_MAX / std::max<uint64_t>(1, page_bytes);
  const auto bytes = [&](std::string_view field) {
    return std::min(first_number(field).value_or(0), most_pages) * page_bytes;
  };
  return {.resident = bytes(fields[1]), .shared = bytes(fields[2])};
}

uint64_t parse_stat_cpu_ticks(std::string_view text) {
  const size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos || name_end + 2 > text.size()) return 0;
  // From the state on; utime and stime are the 14th and 15th field of the line.
  const std::vector<std::string_view> fields = split(text.substr(name_end + 2), ' ');
  constexpr size_t kUser = 11;
  constexpr size_t kSystem = 12;
  if (fields.size() <= kSystem) return 0;
  return first_number(fields[kUser]).value_or(0) + first_number(fields[kSystem]).value_or(0);
}

// A child is listed under the thread that started it.
std::vector<int> ProcessMeter::descendants() const {
  constexpr size_t kMostProcesses = 256;
  std::vector<int> found;
  std::vector<std::string> to_visit = {"self"};
  while (!to_visit.empty()) {
    const std::string tasks = "/proc/" + to_visit.back() + "/task";
    to_visit.pop_back();
    const Result<std::vector<FolderEntry>> threads = fs_.list(tasks);
    if (!threads) continue;
    for (const FolderEntry& thread : *threads) {
      const std::string text = read_text(fs_, tasks + "/" + thread.name + "/children");
      for (const std::string_view child : split(text, ' ')) {
        const std::optional<uint64_t> pid = first_number(child);
        if (!pid || found.size() >= kMostProcesses) continue;
        found.push_back(static_cast<int>(*pid));
        to_visit.push_back(std::to_string(*pid));
      }
    }
  }
  return found;
}

ProcessSample ProcessMeter::sample(double seconds) {
  const auto page_bytes = static_cast<uint64_t>(std::max(1L, sysconf(_SC_PAGESIZE)));
  const auto ticks_a_second = static_cast<double>(std::max(1L, sysconf(_SC_CLK_TCK)));

  ProcessSample now;
  now.resident_bytes = parse_statm(read_text(fs_, "/proc/self/statm"), page_bytes).resident;
  // Children that ended and were waited for have moved into RUSAGE_CHILDREN.
  now.cpu_seconds = cpu_seconds_of(RUSAGE_SELF) + cpu_seconds_of(RUSAGE_CHILDREN);
  for (const int pid : descendants()) {
    const StatmBytes memory =
        parse_statm(read_text(fs_, fmt::format("/proc/{}/statm", pid)), page_bytes);
    now.resident_bytes += memory.resident - std::min(memory.shared, memory.resident);
    const uint64_t ticks = parse_stat_cpu_ticks(read_text(fs_, fmt::format("/proc/{}/stat", pid)));
    now.cpu_seconds += static_cast<double>(ticks) / ticks_a_second;
  }

  // The system remembers the highest point of this process between two samples.
  peak_resident_bytes_ = std::max({peak_resident_bytes_, now.resident_bytes, own_peak_bytes(fs_)});
  now.peak_resident_bytes = peak_resident_bytes_;

  const double passed = seconds - last_seconds_;
  if (last_seconds_ >= 0 && passed > 0) {
    // Never negative: a killed child that nobody waited for takes its time with it.
    now.cpu_percent = std::max(0.0, (now.cpu_seconds - last_cpu_seconds_) / passed * 100);
  }
  last_seconds_ = seconds;
  last_cpu_seconds_ = now.cpu_seconds;
  return now;
}

}  // namespace imagemill
