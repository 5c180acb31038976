// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/shared_regions.h"

#include <algorithm>
#include <bit>

namespace imagemill {
namespace {

// Sizes are multiples of it, so that pictures of nearly one size share a region.
constexpr size_t kGrainBytes = 256 << 10;

// What takes longer to map takes longer still to decode.
constexpr size_t kSlotBytesMax = 8 << 20;

}  // namespace

Result<SharedRegions::Region> SharedRegions::take(size_t bytes) {
  std::unique_ptr<Block> block = find_idle(bytes);
  if (block == nullptr) {
    if (bytes > SIZE_MAX - kGrainBytes)
      return fail(Code::kResourceExhausted, "no shared memory of {} bytes", bytes);
    const size_t capacity =
        (std::max<size_t>(bytes, 1) + kGrainBytes - 1) / kGrainBytes * kGrainBytes;
    block = std::make_unique<Block>();
    block->slot = claim_slot(capacity);
    IMAGEMILL_ASSIGN_OR_RETURN(block->memory, create_shared_memory(capacity));
    IMAGEMILL_ASSIGN_OR_RETURN(block->mapping,
                               map_shared_memory(block->memory, capacity, Access::kReadWrite));
  }
  Region region{block->is_sent ? nullptr : &block->memory, block->slot, std::make_shared<Buffer>()};
  block->is_sent = block->slot != kNoSlot;
  region.buffer->data = block->mapping->data;
  region.buffer->bytes = bytes;
  region.buffer->deleter_context = new Loan{shared_from_this(), std::move(block)};
  region.buffer->deleter = [](Buffer& b) {
    const std::unique_ptr<Loan> loan(static_cast<Loan*>(b.deleter_context));
    loan->owner->give_back(std::move(loan->block));
  };
  return region;
}

std::unique_ptr<SharedRegions::Block> SharedRegions::find_idle(size_t bytes) {
  const std::lock_guard lock(mutex_);
  // The smallest that is large enough.
  auto best = idle_.end();
  for (auto it = idle_.begin(); it != idle_.end(); ++it) {
    const size_t capacity = (*it)->mapping->bytes;
    if (capacity < bytes) continue;
    if (best == idle_.end() || capacity < (*best)->mapping->bytes) best = it;
  }
  if (best == idle_.end()) return nullptr;
  std::unique_ptr<Block> found = std::move(*best);
  idle_.erase(best);
  idle_bytes_ -= found->mapping->bytes;
  return found;
}

int SharedRegions::claim_slot(size_t capacity) {
  const std::lock_guard lock(mutex_);
  const int slot = std::countr_one(used_slots_ | gone_slots_);
  if (idle_bytes_max_ == 0 || capacity > kSlotBytesMax || slot >= kSlots) return kNoSlot;
  used_slots_ |= 1u << slot;
  return slot;
}

uint32_t SharedRegions::take_gone_slots() {
  const std::lock_guard lock(mutex_);
  return std::exchange(gone_slots_, 0);
}

void SharedRegions::give_back(std::unique_ptr<Block> block) {
  std::vector<std::unique_ptr<Block>> surplus;  // unmapped outside of the lock
  const std::lock_guard lock(mutex_);
  idle_bytes_ += block->mapping->bytes;
  idle_.push_back(std::move(block));
  while (idle_bytes_ > idle_bytes_max_) {
    idle_bytes_ -= idle_.front()->mapping->bytes;
    if (const int slot = idle_.front()->slot; slot != kNoSlot) {
      used_slots_ &= ~(1u << slot);
      gone_slots_ |= 1u << slot;
    }
    surplus.push_back(std::move(idle_.front()));
    idle_.erase(idle_.begin());
  }
}

}  // namespace imagemill
