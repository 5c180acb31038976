// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Vectors as rows hold them, and as the files that other programs read.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/job.h"
#include "vectors/vector_view.h"

namespace imagemill {

// Little-endian numbers, as the run store keeps them.
Bytes pack_vector(std::span<const float> values, VectorType type);
// kCorruptInput when the bytes are no whole number of elements.
Result<std::vector<float>> unpack_vector(ByteSpan bytes, VectorType type);

struct VectorExport {
  std::string format = "npy";  // npy, jsonl, csv, clip-retrieval, none
  VectorType type = VectorType::kF32;
  size_t chunk = 0;  // rows in a file; 0: all in one
};

// Writes the `features` of a job's rows about present inputs in key order: features.npy (or
// features_chunk_<i>.npy) and features_index.csv with a line for each of its rows, or
// features.jsonl, or features.csv. Rows without a vector are in none of them. clip-retrieval:
// img_emb/img_emb_<k>.npy, float16 vectors of length 1, a million in a file where `chunk` says no
// other number, and metadata/metadata_<k>.jsonl with a line for each of its rows. Errors:
// kUnsupported where vectors differ in length.
Result<> export_vectors(FinishContext& context, const std::string& table,
                        const VectorExport& wanted);

}  // namespace imagemill
