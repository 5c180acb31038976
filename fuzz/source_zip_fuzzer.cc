// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "fuzz/read_everything.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const imagemill::MemoryFile file(data, size);
  imagemill::read_everything(imagemill::open_zip(file.place()));
  return 0;
}
