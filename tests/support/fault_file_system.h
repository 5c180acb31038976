// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"

namespace imagemill {

// The real file system until the N-th call that changes the disk; a write that fails has written
// half of its bytes. Nothing is really synced, but what had been can be told: cut_power() leaves
// what a power cut might. One thread; files in it are small.
class FaultFileSystem final : public FileSystem {
 public:
  enum class Fault : uint8_t {
    kDiskFull,  // that call fails, later ones succeed
    kStop,      // it and all later ones fail, reading as well: the process has died
    kKill,      // the process does die
  };
  enum class Lost : uint8_t {
    kEverything,  // names and bytes since they were last synced
    kBytes,       // bytes alone: a rename came through, what was renamed did not
  };

  FaultFileSystem() = default;
  FaultFileSystem(int64_t call, Fault fault) : fault_call_(call), fault_(fault) {}

  // State-changing calls so far.
  int64_t calls() const { return calls_; }
  bool has_failed() const { return fault_call_ != 0 && calls_ >= fault_call_; }

  // Counts as such a call: for what a test does beside the file system.
  Result<> step() {
    if (++calls_ == fault_call_ && fault_ == Fault::kKill) kill(getpid(), SIGKILL);
    if (calls_ == fault_call_ || is_dead())
      return fail(Code::kResourceExhausted, "call {} fails as the test wants it", calls_);
    return {};
  }

  // Nothing may be called after it.
  void cut_power(Lost lost) {
    forget_missing();
    const Names& names = lost == Lost::kEverything ? synced_names_ : names_;
    for (const auto& [path, file] : names_) (void)real_.remove(path);
    for (const auto& [path, file] : names) {
      const std::string& bytes = synced_bytes_[file];
      const auto out = real_.create(path);
      if (out) (void)(*out)->write(as_byte_span(bytes));
    }
  }

  Result<FileStat> stat(const std::string& path) override {
    IMAGEMILL_TRY(check_alive());
    return real_.stat(path);
  }
  Result<FileStat> stat_link(const std::string& path) override {
    IMAGEMILL_TRY(check_alive());
    return real_.stat_link(path);
  }
  Result<std::vector<FolderEntry>> list(const std::string& folder) override {
    IMAGEMILL_TRY(check_alive());
    return real_.list(folder);
  }
  Result<Bytes> read(const std::string& path, uint64_t max_bytes) override {
    IMAGEMILL_TRY(check_alive());
    return real_.read(path, max_bytes);
  }
  Result<Bytes> read_range(const std::string& path, uint64_t offset, uint64_t bytes) override {
    IMAGEMILL_TRY(check_alive());
    return real_.read_range(path, offset, bytes);
  }

  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override {
    IMAGEMILL_TRY(step());
    const int64_t file = adopt(path);
    IMAGEMILL_ASSIGN_OR_RETURN(auto out, real_.create(path));
    return std::make_unique<File>(*this, file, std::move(out));
  }
  Result<std::unique_ptr<WritableFile>> append_at(const std::string& path,
                                                  uint64_t bytes) override {
    IMAGEMILL_TRY(step());
    const int64_t file = adopt(path);
    IMAGEMILL_ASSIGN_OR_RETURN(auto out, real_.append_at(path, bytes));
    return std::make_unique<File>(*this, file, std::move(out));
  }
  Result<> rename(const std::string& from, const std::string& to) override {
    IMAGEMILL_TRY(step());
    const int64_t file = adopt(from);
    adopt(to);
    IMAGEMILL_TRY(real_.rename(from, to));
    names_.erase(from);
    names_[to] = file;
    return {};
  }
  Result<> hard_link(const std::string& from, const std::string& to) override {
    IMAGEMILL_TRY(step());
    const int64_t file = adopt(from);
    IMAGEMILL_TRY(real_.hard_link(from, to));
    names_[to] = file;
    return {};
  }
  Result<> remove(const std::string& path) override {
    IMAGEMILL_TRY(step());
    adopt(path);
    IMAGEMILL_TRY(real_.remove(path));
    names_.erase(path);
    return {};
  }
  Result<> create_folders(const std::string& path) override {
    IMAGEMILL_TRY(step());
    return real_.create_folders(path);
  }
  Result<> sync_all(const std::string&) override {
    IMAGEMILL_TRY(step());
    forget_missing();
    for (const auto& [path, file] : names_) synced_bytes_[file] = content(path);
    synced_names_ = names_;
    return {};
  }

 private:
  using Names = std::map<std::string, int64_t>;  // path -> file

  class File final : public WritableFile {
   public:
    File(FaultFileSystem& fs, int64_t file, std::unique_ptr<WritableFile> real)
        : fs_(fs), file_(file), real_(std::move(real)) {}

    Result<> write(ByteSpan bytes) override {
      const bool fails = fs_.calls_ + 1 == fs_.fault_call_;
      if (fails) (void)real_->write(bytes.first(bytes.size() / 2));
      IMAGEMILL_TRY(fs_.step());
      return real_->write(bytes);
    }
    Result<> write_at(uint64_t offset, ByteSpan bytes) override {
      IMAGEMILL_TRY(fs_.step());
      return real_->write_at(offset, bytes);
    }
    Result<> sync() override {
      IMAGEMILL_TRY(fs_.step());
      for (const auto& [path, file] : fs_.names_)
        if (file == file_) fs_.synced_bytes_[file] = fs_.content(path);
      return {};
    }
    Result<> close() override {
      IMAGEMILL_TRY(fs_.step());
      return real_->close();
    }

   private:
    FaultFileSystem& fs_;
    int64_t file_;
    std::unique_ptr<WritableFile> real_;
  };

  bool is_dead() const { return fault_ == Fault::kStop && has_failed(); }
  Result<> check_alive() const {
    if (is_dead()) return fail(Code::kIoError, "the process has died");
    return {};
  }

  std::string content(const std::string& path) {
    const auto bytes = real_.read(path, uint64_t{1} << 30);
    return bytes ? std::string(as_text(*bytes)) : std::string();
  }

  // The file under that name, or the one about to be made. What was there before the test is
  // durable.
  int64_t adopt(const std::string& path) {
    const auto [found, is_unknown] = names_.try_emplace(path, next_file_);
    if (is_unknown) {
      ++next_file_;
      const auto stat = real_.stat_link(path);
      if (stat && stat->kind == FileStat::Kind::kFile) {
        synced_names_[path] = found->second;
        synced_bytes_[found->second] = content(path);
      }
    }
    return found->second;
  }

  // Names that a failed call was about to make.
  void forget_missing() {
    std::erase_if(names_, [&](const auto& name) { return !real_.stat_link(name.first); });
  }

  FileSystem& real_ = real_file_system();
  const int64_t fault_call_ = 0;  // 0: none
  const Fault fault_ = Fault::kStop;
  int64_t calls_ = 0;
  int64_t next_file_ = 1;
  Names names_;
  Names synced_names_;
  std::map<int64_t, std::string> synced_bytes_;
};

}  // namespace imagemill
