// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
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

  // Asked before each state-changing call, with its number: for what other programs do meanwhile.
  void before_each_call(std::function<void(int64_t call)> intrude) {
    intrude_ = std::move(intrude);
  }

  // What lies below `folder` is on another file system; with `is_mount` of the same device, as
  // where a part of one is mounted once more.
  void set_apart(std::string folder, bool is_mount) {
    apart_ = std::move(folder) + '/';
    is_mount_ = is_mount;
  }

  // Names cannot be exchanged in one step.
  void without_exchange() { has_exchange_ = false; }

  // Counts as such a call: for what a test does beside the file system.
  Result<> step() {
    ++calls_;
    if (intrude_) intrude_(calls_);
    if (calls_ == fault_call_ && fault_ == Fault::kKill) kill(getpid(), SIGKILL);
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
    return placed(path, real_.stat(path));
  }
  Result<FileStat> stat_link(const std::string& path) override {
    IMAGEMILL_TRY(check_alive());
    return placed(path, real_.stat_link(path));
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
  Result<std::unique_ptr<WritableFile>> append(const std::string& path) override {
    IMAGEMILL_TRY(step());
    const int64_t file = adopt(path);
    IMAGEMILL_ASSIGN_OR_RETURN(auto out, real_.append(path));
    return std::make_unique<File>(*this, file, std::move(out));
  }
  Result<std::unique_ptr<WritableFile>> create_new(const std::string& path) override {
    IMAGEMILL_TRY(step());
    const int64_t file = adopt(path);
    IMAGEMILL_ASSIGN_OR_RETURN(auto out, real_.create_new(path));
    if (!out) return nullptr;
    return std::make_unique<File>(*this, file, std::move(out));
  }
  Result<> rename(const std::string& from, const std::string& to) override {
    IMAGEMILL_TRY(step());
    IMAGEMILL_TRY(check_one_place(from, to));
    const int64_t file = adopt(from);
    adopt(to);
    IMAGEMILL_TRY(real_.rename(from, to));
    names_.erase(from);
    names_[to] = file;
    return {};
  }
  Result<bool> rename_if_free(const std::string& from, const std::string& to) override {
    IMAGEMILL_TRY(step());
    IMAGEMILL_TRY(check_one_place(from, to));
    const int64_t file = adopt(from);
    IMAGEMILL_ASSIGN_OR_RETURN(const bool is_renamed, real_.rename_if_free(from, to));
    if (!is_renamed) return false;
    names_.erase(from);
    names_[to] = file;
    return true;
  }
  Result<> exchange(const std::string& a, const std::string& b) override {
    IMAGEMILL_TRY(step());
    if (!has_exchange_) return FileSystem::exchange(a, b);
    IMAGEMILL_TRY(check_one_place(a, b));
    adopt(a);
    adopt(b);
    IMAGEMILL_TRY(real_.exchange(a, b));
    std::swap(names_[a], names_[b]);
    return {};
  }
  Result<> copy_attributes(const std::string& from, const std::string& to) override {
    IMAGEMILL_TRY(step());
    return real_.copy_attributes(from, to);
  }
  // Links have no bytes of their own: a power cut leaves them as they are.
  Result<> symbolic_link(const std::string& text, const std::string& path) override {
    IMAGEMILL_TRY(step());
    return real_.symbolic_link(text, path);
  }
  Result<> hard_link(const std::string& from, const std::string& to) override {
    IMAGEMILL_TRY(step());
    IMAGEMILL_TRY(check_one_place(from, to));
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
  Result<> sync(const std::string& path) override {
    IMAGEMILL_TRY(step());
    forget_missing();
    if (const auto file = names_.find(path); file != names_.end()) {
      synced_bytes_[file->second] = content(path);
      return {};
    }
    const auto is_in = [&](const auto& name) { return parent_path(name.first) == path; };
    std::erase_if(synced_names_, is_in);
    for (const auto& name : names_)
      if (is_in(name)) synced_names_.insert(name);
    return {};
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

  bool is_apart(const std::string& path) const {
    return !apart_.empty() && (path + '/').starts_with(apart_);
  }
  Result<FileStat> placed(const std::string& path, Result<FileStat> stat) const {
    if (stat && is_apart(path) && !is_mount_) ++stat->device;
    return stat;
  }
  Result<> check_one_place(const std::string& a, const std::string& b) const {
    if (is_apart(a) == is_apart(b)) return {};
    return fail(Code::kUnsupported, "{}: not on the file system of {}", b, a);
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
  std::function<void(int64_t call)> intrude_;
  std::string apart_;  // "": nothing is
  bool is_mount_ = false;
  bool has_exchange_ = true;
  int64_t calls_ = 0;
  int64_t next_file_ = 1;
  Names names_;
  Names synced_names_;
  std::map<int64_t, std::string> synced_bytes_;
};

}  // namespace imagemill
