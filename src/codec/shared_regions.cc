// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/shared_regions.h"

#include <algorithm>

namespace imagemill {
namespace {

// Sizes are multiples of it, so that pictures of nearly one size share a region.
constexpr size_t kGrainBytes = 256 << 10;

}  // namespace

Result<SharedRegions::Region> SharedRegions::take(size_t bytes) {
  std::unique_ptr<Block> block = find_idle(bytes);
  if (block == nullptr) {
    if (bytes > SIZE_MAX - kGrainBytes)
      return fail(Code::kResourceExhausted, "no shared memory of {} bytes", bytes);
    const size_t capacity =
        (std::max<size_t>(bytes, 1) + kGrainBytes - 1) / kGrainBytes * kGrainBytes;
    block = std::make_unique<Block>();
    IMAGEMILL_ASSIGN_OR_RETURN(block->memory, create_shared_memory(capacity));
    IMAGEMILL_ASSIGN_OR_RETURN(block->mapping,
                               map_shared_memory(block->memory, capacity, Access::kReadWrite));
  }
  Region region{&block->memory, std::make_shared<Buffer>()};
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
  // The smallest that is large enough, but not one that a large picture will want.
  auto best = idle_.end();
  for (auto it = idle_.begin(); it != idle_.end(); ++it) {
    const size_t capacity = (*it)->mapping->bytes;
    if (capacity < bytes || capacity / 4 > std::max(bytes, kGrainBytes)) continue;
    if (best == idle_.end() || capacity < (*best)->mapping->bytes) best = it;
  }
  if (best == idle_.end()) return nullptr;
  std::unique_ptr<Block> found = std::move(*best);
  idle_.erase(best);
  idle_bytes_ -= found->mapping->bytes;
  return found;
}

void SharedRegions::give_back(std::unique_ptr<Block> block) {
  std::vector<std::unique_ptr<Block>> surplus;  // unmapped outside of the lock
  const std::lock_guard lock(mutex_);
  idle_bytes_ += block->mapping->bytes;
  idle_.push_back(std::move(block));
  while (idle_bytes_ > idle_bytes_max_) {
    idle_bytes_ -= idle_.front()->mapping->bytes;
    surplus.push_back(std::move(idle_.front()));
    idle_.erase(idle_.begin());
  }
}

}  // namespace imagemill
