// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The file of an HNSW index, its checksums made right: what is wrong has to be seen in the graph
// itself. One that is accepted is searched.
#include <cstring>
#include <vector>

#include "base/check.h"
#include "base/hash.h"
#include "vectors/hnsw_index.h"

namespace {

using imagemill::Bytes;
using imagemill::ByteSpan;

constexpr size_t kHeaderBytes = 88;

uint64_t number_at(const Bytes& file, size_t at) {
  uint64_t out;
  std::memcpy(&out, &file[at], sizeof(out));
  return out;
}

void sign(Bytes& file) {
  const auto put_hash = [&](size_t at, ByteSpan bytes) {
    const uint64_t hash = imagemill::hash_content(bytes).low;
    std::memcpy(&file[at], &hash, sizeof(hash));
  };
  const uint64_t rows = number_at(file, 24), dims = number_at(file, 32),
                 links = number_at(file, 40);
  const size_t room = file.size() - kHeaderBytes;
  if (dims > room || links > room || rows > room) return;
  const uint64_t row_bytes = 4 * (2 * links + 1) + 4 * dims + 8;
  if (rows * row_bytes > room) return;
  const ByteSpan body = ByteSpan(file).subspan(kHeaderBytes);
  put_hash(64, body.first(rows * row_bytes));
  put_hash(80, body.subspan(rows * row_bytes));
  std::memset(&file[8], 0, sizeof(uint64_t));
  put_hash(8, ByteSpan(file).first(kHeaderBytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace imagemill;
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  Bytes file(bytes, bytes + size);
  if (size >= kHeaderBytes) sign(file);
  const auto index = HnswIndex::parse(file);
  if (!index) {
    IMAGEMILL_CHECK(!index.error().message().empty());
    return 0;
  }
  const auto found = index->search(std::vector<float>(index->dims(), 0.5f), 3, 10);
  IMAGEMILL_CHECK(found && found->size() <= 3);
  for (const Neighbor& neighbor : *found) IMAGEMILL_CHECK(neighbor.row < index->rows());
  return 0;
}
