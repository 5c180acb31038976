// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// NumPy's .npy files of vectors: two axes [rows, dims], float32 or float16, little-endian, C order.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/file_system.h"
#include "imagemill/status.h"
#include "vectors/mapped_bytes.h"
#include "vectors/vector_view.h"

namespace imagemill {

struct NpyHeader {
  VectorType type = VectorType::kF32;
  uint64_t rows = 0;  // may be 0
  uint64_t dims = 0;  // 1 to kMaxVectorDims
  uint64_t header_bytes = 0;
};

// `start` is the file's beginning (all of it, or enough), `file_bytes` its size, which the shape
// has to fill exactly. kCorruptInput: no such file; kUnsupported: another kind of array.
Result<NpyHeader> parse_npy_header(ByteSpan start, uint64_t file_bytes);

// An open file, mapped: costs memory as rows are touched. Any thread may read.
class NpyFile {
 public:
  static Result<NpyFile> open(const std::string& path);

  VectorView rows() const {
    return {map_.span().data() + header_.header_bytes, header_.type, header_.rows, header_.dims};
  }
  const FileStat& stat() const { return stat_; }  // of what was opened

 private:
  NpyFile(MappedBytes map, NpyHeader header, FileStat stat)
      : map_(std::move(map)), header_(header), stat_(stat) {}

  MappedBytes map_;
  NpyHeader header_;
  FileStat stat_;
};

// Writes rows as they come; nobody sees the file before finish(). One thread.
class NpyWriter {
 public:
  static Result<NpyWriter> create(FileSystem& fs, std::string path, size_t dims, VectorType type);
  NpyWriter(NpyWriter&&) noexcept;
  NpyWriter& operator=(NpyWriter&&) = delete;
  ~NpyWriter();  // unfinished: removes what was written

  // Whole rows, values.size() a multiple of dims; float16 rounds to nearest even.
  Result<> append(std::span<const float> values);
  uint64_t rows() const { return rows_; }

  // Puts the number of rows into the header, syncs and renames. Once.
  Result<> finish();

 private:
  NpyWriter(FileSystem& fs, std::string path, size_t dims, VectorType type)
      : fs_(&fs), path_(std::move(path)), dims_(dims), type_(type) {}
  std::string temporary() const { return path_ + ".partial"; }
  Result<> flush();

  FileSystem* fs_;
  std::string path_;
  size_t dims_;
  VectorType type_;
  uint64_t rows_ = 0;
  std::unique_ptr<WritableFile> file_;  // null: finished, failed or moved from
  Bytes pending_;
};

}  // namespace imagemill
