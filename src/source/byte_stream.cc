// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "source/byte_stream.h"

#include <archive.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

namespace imagemill {
namespace {

constexpr size_t kChunkBytes = 1 << 18;

class FileStream final : public ByteStream {
 public:
  explicit FileStream(ReadableFile& file) : file_(file) {}

  Result<size_t> read(std::span<std::byte> out) override {
    IMAGEMILL_ASSIGN_OR_RETURN(const size_t got, file_.read_at(at_, out));
    at_ += got;
    return got;
  }

  Result<uint64_t> skip(uint64_t bytes, const CancelToken*) override {
    const uint64_t skipped = std::min(bytes, file_.bytes() - std::min(at_, file_.bytes()));
    at_ += skipped;
    return skipped;
  }

 private:
  ReadableFile& file_;
  uint64_t at_ = 0;
};

// libarchive as a decompressor: its "raw" format hands through what the filter gives.
class DecompressedStream final : public ByteStream {
 public:
  DecompressedStream(ReadableFile& file, const SourceLimits& limits)
      : file_(file), limits_(limits), archive_(archive_read_new()), input_(kChunkBytes) {}
  DecompressedStream(const DecompressedStream&) = delete;
  DecompressedStream& operator=(const DecompressedStream&) = delete;
  ~DecompressedStream() override { archive_read_free(archive_); }

  Result<> open(TarCompression compression) {
    if (archive_ == nullptr) return fail(Code::kResourceExhausted, "libarchive: out of memory");
    // ARCHIVE_WARN would mean: by running a program.
    if (enable(compression) != ARCHIVE_OK)
      return fail(Code::kUnsupported, "this build of libarchive lacks the compression");
    archive_read_support_format_raw(archive_);
    archive_read_support_format_empty(archive_);
    if (archive_read_open(archive_, this, nullptr, &DecompressedStream::give_input, nullptr) !=
        ARCHIVE_OK)
      return broken();
    archive_entry* entry = nullptr;
    const int code = archive_read_next_header(archive_, &entry);
    if (code == ARCHIVE_EOF)
      is_at_end_ = true;
    else if (code != ARCHIVE_OK)
      return broken();
    return {};
  }

  Result<size_t> read(std::span<std::byte> out) override {
    size_t filled = 0;
    while (filled < out.size() && !is_at_end_) {
      const la_ssize_t n = archive_read_data(archive_, out.data() + filled, out.size() - filled);
      if (n < 0) return broken();
      is_at_end_ = n == 0;
      filled += static_cast<size_t>(n);
      produced_ += static_cast<uint64_t>(n);
      IMAGEMILL_TRY(check_limits());
    }
    return filled;
  }

  Result<uint64_t> skip(uint64_t bytes, const CancelToken* cancel) override {
    scratch_.resize(kChunkBytes);
    uint64_t skipped = 0;
    while (skipped < bytes) {
      if (cancel != nullptr && cancel->is_requested()) return fail(Code::kCancelled, "cancelled");
      const size_t wanted = std::min<uint64_t>(bytes - skipped, scratch_.size());
      IMAGEMILL_ASSIGN_OR_RETURN(const size_t got, read(std::span(scratch_).first(wanted)));
      skipped += got;
      if (got < wanted) break;
    }
    return skipped;
  }

 private:
  int enable(TarCompression compression) {
    switch (compression) {
      case TarCompression::kGzip:
        return archive_read_support_filter_gzip(archive_);
      case TarCompression::kZstd:
        return archive_read_support_filter_zstd(archive_);
      case TarCompression::kXz:
        return archive_read_support_filter_xz(archive_);
      case TarCompression::kBzip2:
        return archive_read_support_filter_bzip2(archive_);
      case TarCompression::kNone:
        break;
    }
    return ARCHIVE_FATAL;
  }

  static la_ssize_t give_input(archive* a, void* self_pointer, const void** out) {
    auto& self = *static_cast<DecompressedStream*>(self_pointer);
    auto got = self.file_.read_at(self.consumed_, self.input_);
    if (!got) {
      archive_set_error(a, EIO, "cannot read");
      self.input_failure_ = std::move(got).error();
      return -1;
    }
    self.consumed_ += *got;
    *out = self.input_.data();
    return static_cast<la_ssize_t>(*got);
  }

  std::unexpected<Status> broken() {
    if (input_failure_) return std::unexpected(*input_failure_);
    const char* why = archive_error_string(archive_);
    return fail(Code::kCorruptInput, "decompression broke off after {} bytes: {}", produced_,
                why != nullptr ? why : "no reason given");
  }

  Result<> check_limits() const {
    if (produced_ > limits_.max_archive_bytes)
      return fail(Code::kResourceExhausted, "it unpacks to more than {} bytes",
                  limits_.max_archive_bytes);
    if (produced_ > limits_.max_ratio_floor &&
        produced_ / std::max<uint64_t>(consumed_, 1) > limits_.max_ratio)
      return fail(Code::kResourceExhausted,
                  "{} bytes came out of {}: the ratio limit is {} above {} bytes", produced_,
                  consumed_, limits_.max_ratio, limits_.max_ratio_floor);
    return {};
  }

  ReadableFile& file_;
  const SourceLimits limits_;
  archive* archive_;
  Bytes input_;
  Bytes scratch_;
  uint64_t consumed_ = 0;
  uint64_t produced_ = 0;
  bool is_at_end_ = false;
  std::optional<Status> input_failure_;
};

}  // namespace

std::unique_ptr<ByteStream> stream_file(ReadableFile& file) {
  return std::make_unique<FileStream>(file);
}

Result<std::unique_ptr<ByteStream>> stream_decompressed(ReadableFile& file,
                                                        TarCompression compression,
                                                        const SourceLimits& limits) {
  auto stream = std::make_unique<DecompressedStream>(file, limits);
  IMAGEMILL_TRY(stream->open(compression));
  return stream;
}

}  // namespace imagemill
