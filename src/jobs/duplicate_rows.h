// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The rows of `dedupe` as they are compared. There may be a million: what only members of groups
// need (key, signature) is read when it is known who they are.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/luma_signature.h"
#include "store/run_store.h"

namespace imagemill {

// All but kNormal, in the order in which rows have their hashes.
inline constexpr std::array kTurns = {Orientation::kFlipHorizontal, Orientation::kRotate180,
                                      Orientation::kFlipVertical,   Orientation::kTranspose,
                                      Orientation::kRotate90,       Orientation::kTransverse,
                                      Orientation::kRotate270};

TableSchema duplicate_table();

// What one picture's row is made of: what follows from the file's content alone.
struct DuplicateRow {
  std::string content;
  uint64_t hash = 0;
  std::array<uint64_t, kTurns.size()> turned{};  // hashes of the picture, turned
  LumaSignature signature{};
  bool is_blank = false;
  double sharpness = 0;
  std::string format;
  Size size;
  bool is_damaged = false;
};

std::vector<Value> to_values(const DuplicateRow& row);
// kCorruptInput when it is no such row.
Result<DuplicateRow> from_values(const std::vector<Value>& values);

// Those of keys for which `is_wanted` holds, in key order.
Result<> for_each_duplicate_row(
    RunStore& store, const std::function<bool(std::string_view key)>& is_wanted,
    const std::function<Result<>(const std::string& key, const DuplicateRow& row)>& visit);

}  // namespace imagemill
