// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "codec/shared_memory.h"

namespace imagemill {

// Shared memory that the calls of one helper process use again and again: taking fresh pages and
// mapping them costs as much as decoding a small picture. Never handed from one process to another,
// for a process may keep what it once mapped. Safe from any thread.
//
// Regions of usual size have a slot, a number under which the process keeps its mapping.
class SharedRegions : public std::enable_shared_from_this<SharedRegions> {
 public:
  // What to send, and what it refers to, writable here. The content is that of an earlier call. The
  // region can be taken again once the last copy of `buffer` is gone; until then all of it stays
  // good, whether or not the SharedRegions still exists.
  struct Region {
    const FileDescriptor* memory = nullptr;  // null: the process has it already
    int slot = kNoSlot;
    std::shared_ptr<Buffer> buffer;
  };

  // Regions that nobody uses are kept as long as they are no more than `idle_bytes_max` together.
  explicit SharedRegions(uint64_t idle_bytes_max) : idle_bytes_max_(idle_bytes_max) {}

  // Errors: kResourceExhausted.
  Result<Region> take(size_t bytes);

  // Slots whose regions are gone, a bit each, told once: the process need not keep them.
  uint32_t take_gone_slots();

 private:
  struct Block {
    FileDescriptor memory;
    std::shared_ptr<Buffer> mapping;
    int slot = kNoSlot;
    bool is_sent = false;
  };
  struct Loan {
    std::shared_ptr<SharedRegions> owner;
    std::unique_ptr<Block> block;
  };

  std::unique_ptr<Block> find_idle(size_t bytes);
  int claim_slot(size_t capacity);
  void give_back(std::unique_ptr<Block> block);

  const uint64_t idle_bytes_max_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Block>> idle_;  // the longest idle first
  uint64_t idle_bytes_ = 0;
  uint32_t used_slots_ = 0;  // a bit each
  uint32_t gone_slots_ = 0;
};

}  // namespace imagemill
