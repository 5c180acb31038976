// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/network_monitor.h"

#include <algorithm>

namespace imagemill {
namespace {

// Long enough to hold a batch of a slow network now and then.
constexpr double kLiveSeconds = 1;

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

}  // namespace

double NetworkWatch::live_rate(double seconds, int64_t rows) {
  recent_.push_back({seconds, rows});
  while (recent_.size() > 2 && recent_[1].seconds <= seconds - kLiveSeconds) recent_.pop_front();
  return ratio(static_cast<double>(rows - recent_.front().rows), seconds - recent_.front().seconds);
}

NetworkSnapshot NetworkWatch::look(double seconds, double open_seconds, const BatcherStatus& status,
                                   std::span<const BatchTiming> timings, uint64_t resident_bytes) {
  average_.update(open_seconds, status.rows, 0, 0);
  uint64_t& most = resident_bytes_[status.batch_size];
  most = std::max(most, resident_bytes);
  NetworkSnapshot out{
      .model = model_,
      .provider = provider_,
      .images = status.rows,
      .batches = status.batches,
      .images_per_second = live_rate(seconds, status.rows),
      .images_per_second_average = average_.items_per_second(),
      .batch_size = status.batch_size,
      .batch_fill = ratio(static_cast<double>(status.rows), static_cast<double>(status.slots)),
      // A run that began before the first look makes it a little more than all.
      .busy_share = std::min(1.0, ratio(status.run_seconds, open_seconds * runs_at_once_)),
      .wait_seconds = ratio(status.wait_seconds, static_cast<double>(status.rows)),
      .waiting = status.waiting,
      .memory_halvings = status.memory_halvings};
  std::map<int, BatchSizeSnapshot> sizes;
  for (const auto& [batch, bytes] : resident_bytes_) sizes[batch].resident_bytes = bytes;
  for (const BatchTiming& timing : timings)
    sizes[timing.batch].seconds_per_image = timing.seconds_per_item;
  for (auto& [batch, size] : sizes) {
    size.batch = batch;
    out.sizes.push_back(size);
  }
  return out;
}

std::vector<NetworkSnapshot> NetworkMonitor::look(double seconds, uint64_t resident_bytes) {
  std::vector<NetworkSnapshot> out;
  if (networks_ == nullptr) return out;
  for (const auto& network : networks_->all()) {
    const Batcher* const batcher = network->open_batcher();
    if (batcher == nullptr) continue;
    auto it = watched_.find(network.get());
    if (it == watched_.end()) {
      NetworkWatch watch(network->model().manifest.name, network->provider(),
                         network->runs_at_once(threads_));
      const double opened_at = std::max(0.0, seconds - network->open_seconds());
      it = watched_.emplace(network.get(), Watched{std::move(watch), opened_at}).first;
    }
    out.push_back(it->second.watch.look(seconds, seconds - it->second.opened_at, batcher->status(),
                                        batcher->timings(), resident_bytes));
    out.back().provider = network->provider();
  }
  return out;
}

}  // namespace imagemill
