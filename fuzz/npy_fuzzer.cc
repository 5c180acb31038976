// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A .npy file as it lies: the header, then every row that it promises.
#include <vector>

#include "base/check.h"
#include "vectors/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace imagemill;
  const ByteSpan file(reinterpret_cast<const std::byte*>(data), size);
  const auto header = parse_npy_header(file, size);
  if (!header) {
    IMAGEMILL_CHECK(!header.error().message().empty());
    return 0;
  }
  const VectorView rows{file.data() + header->header_bytes, header->type, header->rows,
                        header->dims};
  IMAGEMILL_CHECK(header->header_bytes + rows.rows * rows.row_bytes() == size);
  std::vector<float> row(rows.dims);
  // What may be wrong is the place of the first row and of the last.
  if (rows.rows > 0) {
    rows.copy_row(0, row);
    rows.copy_row(rows.rows - 1, row);
  }
  return 0;
}
