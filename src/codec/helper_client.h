// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Codecs that run in helper processes (apps/codec_host): a crash, a hang or a memory bomb in one of
// their libraries costs one picture, and the error names it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codec/codec.h"

namespace imagemill {

struct HelperOptions {
  std::string binary;     // path of imagemill-codec; its codec libraries lie beside it
  int max_processes = 2;  // busy at a time; callers beyond that wait
  // Likewise, of those for the formats that the engine's own process has codecs for.
  int max_builtin_processes = 2;
  // Kept for later calls beside the busy ones. Starting one takes 10 ms; for what OpenImageIO reads
  // 200 ms.
  int max_idle_processes = 8;
  // What one process may take for one picture, beyond its libraries and the pixels that it hands
  // over. Beyond that the picture fails.
  uint64_t memory_limit_bytes = uint64_t{2} << 30;
  uint64_t builtin_memory_limit_bytes = uint64_t{2} << 30;
  // Shared memory that a process for the built-in codecs keeps from call to call.
  uint64_t max_idle_shared_bytes = uint64_t{16} << 20;
  // Processor seconds. Decoding obeys DecodeLimits::max_seconds.
  double max_header_seconds = 10;
  double max_encode_seconds = 300;
  // Once requested, every call ends with kCancelled, and its process with it. Null: never. Must
  // outlive the pool.
  const CancelToken* cancel = nullptr;
  // Then it is replaced by a fresh one: libraries leak.
  int calls_per_process = 200;
  int calls_per_builtin_process = 5000;
  uint64_t max_idle_resident_bytes = uint64_t{400} << 20;  // so is one that holds more than this
  std::vector<std::string> environment;  // NAME=value; children get this, nothing of the caller's
  std::string only_family;  // tests: this family of codecs serves every format; "" = by format
};

class HelperProcesses;

// Starts processes as they are needed, each for one family of formats (only the libraries of those
// are loaded), and reuses them. Safe from any thread. Must
// outlive what decoder_for() and encoder_for() return, but not the images.
class HelperPool {
 public:
  // Starts nothing. Errors: kNotFound when there is no such binary, kInvalidArgument.
  static Result<std::unique_ptr<HelperPool>> open(HelperOptions options);
  HelperPool(const HelperPool&) = delete;
  HelperPool& operator=(const HelperPool&) = delete;
  ~HelperPool();

  // Null when helpers do not have the format. Decoders of formats that the process has too
  // (imagemill::decoder_for) give the same results as those.
  const Decoder* decoder_for(FileFormat format) const;
  const Encoder* encoder_for(FileFormat format) const;
  // What helpers add to the formats of the process.
  static std::span<const FileFormat> decodable_formats();
  static std::span<const FileFormat> encodable_formats();

  // Something the user should know about the helpers as such, once: that the system refuses to
  // confine them. nullopt when there is nothing (more).
  std::optional<std::string> take_note();

 private:
  explicit HelperPool(HelperOptions options);

  std::unique_ptr<HelperProcesses> processes_;
  std::vector<std::unique_ptr<Decoder>> decoders_;  // a format each
  std::vector<std::unique_ptr<Encoder>> encoders_;
};

}  // namespace imagemill
