// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A libtiff handle over bytes in memory. What the library says goes to the handle's own ear: it
// prints nothing, and files open at the same time do not hear each other.
#pragma once

#include <tiffio.h>

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace imagemill {

class TiffFile {
 public:
  // Reads `bytes`, which must outlive the file. `max_allocation` bounds each single allocation of
  // libtiff: counts in directories are hostile.
  static std::unique_ptr<TiffFile> open(ByteSpan bytes, uint64_t max_allocation);
  // Writes little-endian; `is_big` for files that may pass 4 GiB.
  static std::unique_ptr<TiffFile> create(bool is_big);

  TiffFile(const TiffFile&) = delete;
  TiffFile& operator=(const TiffFile&) = delete;
  ~TiffFile() { close(); }

  // Null when libtiff refused the file; errors() says why.
  TIFF* tiff() const { return tiff_; }
  ByteSpan bytes() const { return input_; }

  const std::vector<std::string>& warnings() const { return warnings_; }
  const std::vector<std::string>& errors() const { return errors_; }
  void forget_errors() { errors_.clear(); }
  // The latest error, or "no reason given".
  std::string_view last_error() const;

  // A tag's value, defaults of the specification applied.
  template <typename T>
  T value(uint32_t tag, T otherwise) const {
    T out = otherwise;
    return TIFFGetFieldDefaulted(tiff_, tag, &out) == 1 ? out : otherwise;
  }

  // Flushes and closes; for created files what was written.
  Bytes close();

 private:
  TiffFile() = default;
  void start(const char* mode, uint64_t max_allocation);
  static tmsize_t on_read(thandle_t self, void* out, tmsize_t bytes);
  static tmsize_t on_write(thandle_t self, void* in, tmsize_t bytes);
  static toff_t on_seek(thandle_t self, toff_t offset, int whence);
  static toff_t on_size(thandle_t self);
  static int on_map(thandle_t self, void** base, toff_t* bytes);

  TIFF* tiff_ = nullptr;
  ByteSpan input_;
  Bytes output_;
  bool is_writing_ = false;
  uint64_t at_ = 0;
  std::vector<std::string> warnings_, errors_;  // the first few of each
};

}  // namespace imagemill
