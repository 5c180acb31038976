// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/file_system.h"

namespace imagemill {

// The hash that says that a model's file is the one that was meant.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept = default;
  Sha256& operator=(Sha256&&) noexcept = default;
  ~Sha256();

  void update(ByteSpan bytes);
  std::string hex();  // 64 lower-case digits; once, at the end

 private:
  struct Free {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Free> context_;
};

// Of the first `bytes` bytes of a file, or all of it where it is shorter.
Result<Sha256> hash_start(FileSystem& fs, const std::string& path, uint64_t bytes);
Result<std::string> hash_file(FileSystem& fs, const std::string& path);

}  // namespace imagemill
