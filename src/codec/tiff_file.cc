// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/tiff_file.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <exception>

namespace imagemill {
namespace {

constexpr size_t kMaxMessages = 16;
constexpr uint64_t kMaxOutput = uint64_t{1} << 40;

int on_message(TIFF*, void* list, const char* module, const char* format, va_list arguments) {
  auto& messages = *static_cast<std::vector<std::string>*>(list);
  char text[256];
  std::vsnprintf(text, sizeof text, format, arguments);
  // The latest is worth more than the one before it: it says why the call failed.
  if (messages.size() == kMaxMessages) messages.pop_back();
  messages.push_back(module != nullptr && module[0] != '\0' ? std::string(module) + ": " + text
                                                            : std::string(text));
  return 1;  // heard: not passed to the process-wide handler, which prints
}

}  // namespace

std::unique_ptr<TiffFile> TiffFile::open(ByteSpan bytes, uint64_t max_allocation) {
  std::unique_ptr<TiffFile> out(new TiffFile);
  out->input_ = bytes;
  out->start("r", max_allocation);
  return out;
}

std::unique_ptr<TiffFile> TiffFile::create(bool is_big) {
  std::unique_ptr<TiffFile> out(new TiffFile);
  out->is_writing_ = true;
  out->start(is_big ? "wl8" : "wl", 0);
  return out;
}

void TiffFile::start(const char* mode, uint64_t max_allocation) {
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(
      TIFFOpenOptionsAlloc(), TIFFOpenOptionsFree);
  if (options == nullptr) return;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(max_allocation));
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_message, &errors_);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), on_message, &warnings_);
  tiff_ = TIFFClientOpenExt(
      "TIFF", mode, this, on_read, on_write, on_seek, [](thandle_t) { return 0; }, on_size,
      is_writing_ ? [](thandle_t, void**, toff_t*) { return 0; } : on_map,
      [](thandle_t, void*, toff_t) {}, options.get());
}

std::string_view TiffFile::last_error() const {
  return errors_.empty() ? std::string_view("no reason given") : std::string_view(errors_.back());
}

Bytes TiffFile::close() {
  if (tiff_ != nullptr) TIFFClose(tiff_);
  tiff_ = nullptr;
  return std::move(output_);
}

tmsize_t TiffFile::on_read(thandle_t handle, void* out, tmsize_t bytes) {
  auto* self = static_cast<TiffFile*>(handle);
  const ByteSpan from = self->is_writing_ ? ByteSpan(self->output_) : self->input_;
  if (bytes <= 0 || self->at_ >= from.size()) return 0;
  const uint64_t n = std::min<uint64_t>(static_cast<uint64_t>(bytes), from.size() - self->at_);
  std::memcpy(out, from.data() + self->at_, n);
  self->at_ += n;
  return static_cast<tmsize_t>(n);
}

tmsize_t TiffFile::on_write(thandle_t handle, void* in, tmsize_t bytes) {
  auto* self = static_cast<TiffFile*>(handle);
  if (!self->is_writing_ || bytes < 0 || self->at_ > kMaxOutput) return -1;
  const uint64_t end = self->at_ + static_cast<uint64_t>(bytes);
  // libtiff is C: no exception may pass through it.
  try {
    if (end > self->output_.size()) self->output_.resize(end);
  } catch (const std::exception&) {
    return -1;
  }
  std::memcpy(self->output_.data() + self->at_, in, static_cast<size_t>(bytes));
  self->at_ = end;
  return bytes;
}

toff_t TiffFile::on_seek(thandle_t handle, toff_t offset, int whence) {
  auto* self = static_cast<TiffFile*>(handle);
  if (whence == SEEK_CUR) offset += self->at_;
  if (whence == SEEK_END) offset += on_size(handle);
  self->at_ = offset;
  return offset;
}

toff_t TiffFile::on_size(thandle_t handle) {
  const auto* self = static_cast<TiffFile*>(handle);
  return self->is_writing_ ? self->output_.size() : self->input_.size();
}

int TiffFile::on_map(thandle_t handle, void** base, toff_t* bytes) {
  const auto* self = static_cast<TiffFile*>(handle);
  // libtiff reads a mapped file only.
  *base = const_cast<std::byte*>(self->input_.data());
  *bytes = self->input_.size();
  return 1;
}

}  // namespace imagemill
