// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// One loop on several threads that live as long as the loop. Starting a thread costs about 20
// microseconds: for loops of a millisecond and more.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <system_error>
#include <thread>
#include <vector>

namespace imagemill {

// 0 and less: as many as the machine has.
inline size_t thread_count(int threads) {
  if (threads > 0) return static_cast<size_t>(threads);
  return std::max(1u, std::thread::hardware_concurrency());
}

// false: no more threads to be had.
template <typename Call>
bool start_thread(std::vector<std::jthread>& threads, const Call& call, size_t worker) {
  try {
    threads.emplace_back(call, worker);
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

// Calls work(worker, begin, end) for consecutive ranges of at most `grain` that together are
// [0, count), each once; worker < thread_count(threads) names the thread that calls. The order in
// which ranges are taken is not fixed. `work` must not throw.
template <typename Work>
void for_ranges(size_t count, size_t grain, int threads, const Work& work) {
  const size_t ranges = (count + grain - 1) / grain;
  std::atomic<size_t> next = 0;
  const auto take = [&](size_t worker) {
    for (size_t range; (range = next.fetch_add(1, std::memory_order_relaxed)) < ranges;)
      work(worker, range * grain, std::min(count, (range + 1) * grain));
  };
  std::vector<std::jthread> others;
  const size_t workers = std::min(thread_count(threads), ranges);
  for (size_t worker = 1; worker < workers; ++worker)
    if (!start_thread(others, take, worker)) break;  // those that run, and this one, do it all
  take(0);
}

}  // namespace imagemill
