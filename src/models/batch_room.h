// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// How large batches may be for the memory that they take.
#pragma once

#include <cstdint>

namespace imagemill {

struct BatchRoom {
  int batch_max = 1;  // rows
  int runs_max = 0;   // batches at once; 0: any number
};

// Where a run takes memory of ours. `bytes_max` is the network's, `weights` bytes of it are taken;
// 0: no limit. A row takes `row_bytes` as input and `run_bytes` while its batch runs, 0: not known.
// As many batches run at once as there are `threads`.
BatchRoom batch_room_on_cpu(uint64_t bytes_max, uint64_t weights, uint64_t row_bytes,
                            uint64_t run_bytes, int threads);

// Where only the inputs do: the device has memory of its own, and says when that is too little.
// `runs` at once.
BatchRoom batch_room_on_device(uint64_t bytes_max, uint64_t row_bytes, int runs);

}  // namespace imagemill
