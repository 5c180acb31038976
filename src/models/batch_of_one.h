// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Many files say that their batch is one though nothing in the network asks for it: the exporter
// wrote down the example that it was given. The same file with its batch left open is tried before
// it is trusted.
#pragma once

#include <span>
#include <string>

#include "base/bytes.h"
#include "imagemill/status.h"
#include "infer/session.h"

namespace imagemill {

// The bytes of an .onnx file with first sides left open. `sides`: where it says that they are one
// (OnnxGraph::first_sides_of_one). Errors: kCorruptInput where it says something else,
// kResourceExhausted where the file is larger than bytes_max.
Result<Bytes> read_with_open_batch(const std::string& path, std::span<const uint64_t> sides,
                                   uint64_t bytes_max);

// Whether `open` makes of a batch of two, black and noise, what `single` makes of each alone: every
// number within 1e-4 of the largest of its row, or of 1. `row` is the shape of a row of the one
// input. kResourceExhausted says nothing about the network.
Result<bool> gives_same_rows(ModelRunner& open, ModelRunner& single, std::span<const int64_t> row,
                             std::span<const size_t> outputs);

}  // namespace imagemill
