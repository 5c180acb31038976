// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows as one block of bytes, for stores that look at nothing in them.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "store/run_store.h"

namespace imagemill {

// `table` is left out: whoever reads knows it.
Bytes pack_rows(std::span<const Row> rows);

// nullopt for bytes that pack_rows() never made.
std::optional<std::vector<Row>> unpack_rows(ByteSpan bytes, const std::string& table);

}  // namespace imagemill
