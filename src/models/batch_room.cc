// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/batch_room.h"

#include <algorithm>

namespace imagemill {
namespace {

// What a row takes while its batch runs, where the runtime does not tell: so many times its input.
// ResNet-18 takes 8 times, MobileNetV2 17 times.
constexpr uint64_t kRunBytesToInput = 16;

// The runtime's arena grows by powers of two and gives nothing back.
constexpr uint64_t kArenaToUse = 2;

int rows_in(uint64_t bytes, uint64_t row) {
  return static_cast<int>(
      std::clamp<uint64_t>(bytes / std::max<uint64_t>(row, 1), 1, uint64_t{INT32_MAX}));
}

}  // namespace

BatchRoom batch_room_on_cpu(uint64_t bytes_max, uint64_t weights, uint64_t row_bytes,
                            uint64_t run_bytes, int threads) {
  if (bytes_max == 0) return {.batch_max = INT32_MAX};
  if (run_bytes == 0) run_bytes = kRunBytesToInput * row_bytes;
  const uint64_t room = bytes_max - std::min(bytes_max / 2, weights);
  const int rows = rows_in(room, row_bytes + kArenaToUse * run_bytes);
  threads = std::max(1, threads);
  if (rows < threads) return {.batch_max = 1, .runs_max = rows};
  return {.batch_max = rows / threads};
}

BatchRoom batch_room_on_device(uint64_t bytes_max, uint64_t row_bytes, int runs) {
  if (bytes_max == 0) return {.batch_max = INT32_MAX, .runs_max = runs};
  // Beside each batch that runs there is one that waits, and one is filled while the memory of
  // another is kept for the next.
  const auto batches = 2 * static_cast<uint64_t>(std::max(1, runs) + 1);
  return {.batch_max = rows_in(bytes_max, row_bytes * batches), .runs_max = runs};
}

}  // namespace imagemill
