// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/progress_clock.h"

#include "base/file_system.h"

namespace imagemill {
namespace {

constexpr std::chrono::milliseconds kTick{250};

}  // namespace

std::vector<StageSnapshot> snapshot_stages(const std::vector<std::string>& names,
                                           const PipelineStatus& status, int queue_capacity) {
  std::vector<StageSnapshot> out;
  for (size_t i = 0; i < names.size() && i < status.stages.size(); ++i) {
    const StageCounters& c = *status.stages[i];
    out.push_back({.name = names[i],
                   .items = c.items,
                   .in_progress = c.in_progress,
                   .queue_depth = c.queue_depth,
                   .queue_capacity = i == 0 ? 0 : queue_capacity,
                   .busy_seconds = static_cast<double>(c.busy_ns) * 1e-9,
                   .bytes = c.bytes});
  }
  return out;
}

ProgressClock::ProgressClock(Listener& listener, std::vector<std::string> stages,
                             const PipelineStatus& status, Committer& committer,
                             const NetworkSet* networks, Counts counts, int queue_capacity,
                             int threads)
    : listener_(listener),
      stages_(std::move(stages)),
      status_(status),
      committer_(committer),
      counts_(counts),
      queue_capacity_(queue_capacity),
      rate_(counts.total, counts.resumed),
      recorder_(counts.resumed),
      bottleneck_(threads),
      meter_(real_file_system()),
      networks_(networks, threads) {}

void ProgressClock::start() {
  thread_ = std::thread([this] {
    std::unique_lock lock(stop_mutex_);
    while (!stop_wake_.wait_for(lock, kTick, [this] { return stopping_; })) {
      lock.unlock();
      tick();
      lock.lock();
    }
  });
}

void ProgressClock::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(stop_mutex_);
    stopping_ = true;
  }
  stop_wake_.notify_all();
  thread_.join();
  tick();
}

double ProgressClock::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
}

Timeline ProgressClock::timeline() const { return recorder_.timeline(); }

void ProgressClock::with_listener(const std::function<void(Listener&)>& call) {
  const std::lock_guard lock(listener_mutex_);
  call(listener_);
}

void ProgressClock::tick() {
  // A group that cannot be committed is told by the next item that is added to it, or by the last
  // commit.
  (void)committer_.commit_if_due();
  const RunTotals totals = committer_.totals();
  RunProgress p{.seconds = seconds(),
                .items_total = counts_.total,
                .done = counts_.resumed + totals.done,
                .failed = totals.failed,
                .skipped = totals.skipped,
                .stages = snapshot_stages(stages_, status_, queue_capacity_),
                .memory_in_flight_bytes = status_.bytes_in_flight};
  sample_ = meter_.sample(p.seconds);
  p.resident_bytes = sample_.resident_bytes;
  p.cpu_percent = sample_.cpu_percent;
  p.networks = networks_.look(p.seconds, p.resident_bytes);
  last_networks_ = p.networks;
  rate_.update(p.seconds, p.done, p.failed, p.skipped);
  p.items_per_second = rate_.items_per_second();
  p.eta_seconds = rate_.eta_seconds();
  bottleneck_.update(p.seconds, p.stages);
  p.bottleneck = bottleneck_.bottleneck();
  recorder_.add(p);
  with_listener([&](Listener& listener) { listener.on_progress(p); });
}

}  // namespace imagemill
