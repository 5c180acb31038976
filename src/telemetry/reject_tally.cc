// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "telemetry/run_report.h"

namespace imagemill {

void RejectTally::add(const ItemFailed& failed) {
  RejectGroup& group = groups_[failed.status.code()];
  group.code = failed.status.code();
  ++group.count;
  if (group.examples.size() < examples_per_code_) {
    group.examples.push_back({failed.key, failed.stage, failed.status.message()});
  }
}

std::vector<RejectGroup> RejectTally::groups() const {
  std::vector<RejectGroup> groups;
  for (const auto& [code, group] : groups_) groups.push_back(group);
  std::ranges::stable_sort(
      groups, [](const RejectGroup& a, const RejectGroup& b) { return a.count > b.count; });
  return groups;
}

}  // namespace imagemill
