// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "base/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "base/file_attributes.h"

namespace imagemill {
namespace {

std::unexpected<Status> system_failure(std::string_view what, std::string_view path, int error) {
  const Code code = error == ENOENT || error == ENOTDIR ? Code::kNotFound
                    : error == ENOSPC || error == EDQUOT || error == EFBIG || error == ENOMEM
                        ? Code::kResourceExhausted
                    : error == EXDEV ? Code::kUnsupported
                                     : Code::kIoError;
  return fail(code, "{}: {}: {}", path, what, std::strerror(error));
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

int open_retrying(const char* path, int flags, mode_t mode = 0) {
  int fd;
  do {
    fd = ::open(path, flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

FileStat::Kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileStat::Kind::kFile;
  if (S_ISDIR(mode)) return FileStat::Kind::kFolder;
  if (S_ISLNK(mode)) return FileStat::Kind::kSymlink;
  return FileStat::Kind::kOther;
}

int64_t nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileStat to_file_stat(const struct stat& s) {
  return {kind_of(s.st_mode),
          static_cast<uint64_t>(s.st_size),
          nanoseconds(s.st_mtim),
          s.st_dev,
          s.st_ino,
          nanoseconds(s.st_ctim)};
}

class RealReadableFile final : public ReadableFile {
 public:
  RealReadableFile(FileDescriptor fd, std::string path, uint64_t bytes)
      : fd_(std::move(fd)), path_(std::move(path)), bytes_(bytes) {}

  uint64_t bytes() const override { return bytes_; }

  Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) override {
    size_t filled = 0;
    while (filled < out.size()) {
      const ssize_t n = ::pread(fd_.get(), out.data() + filled, out.size() - filled,
                                static_cast<off_t>(offset + filled));
      if (n < 0) {
        if (errno == EINTR) continue;
        return system_failure("cannot read", path_, errno);
      }
      if (n == 0) break;
      filled += static_cast<size_t>(n);
    }
    return filled;
  }

 private:
  FileDescriptor fd_;
  std::string path_;
  uint64_t bytes_;
};

class RealWritableFile final : public WritableFile {
 public:
  RealWritableFile(FileDescriptor fd, std::string path)
      : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<> write(ByteSpan bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_.get(), bytes.data(), bytes.size());
      if (n < 0) {
        if (errno == EINTR) continue;
        return system_failure("cannot write", path_, errno);
      }
      bytes = bytes.subspan(static_cast<size_t>(n));
    }
    return {};
  }

  Result<> write_at(uint64_t offset, ByteSpan bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (n < 0) {
        if (errno == EINTR) continue;
        return system_failure("cannot write", path_, errno);
      }
      offset += static_cast<uint64_t>(n);
      bytes = bytes.subspan(static_cast<size_t>(n));
    }
    return {};
  }

  Result<> sync() override {
    if (::fdatasync(fd_.get()) != 0) return system_failure("cannot sync", path_, errno);
    return {};
  }

  Result<> close() override {
    if (::close(fd_.release()) != 0 && errno != EINTR)
      return system_failure("cannot close", path_, errno);
    return {};
  }

 private:
  FileDescriptor fd_;
  std::string path_;
};

class RealFileSystem final : public FileSystem {
 public:
  Result<FileStat> stat(const std::string& path) override {
    struct stat s;
    if (::stat(path.c_str(), &s) != 0) return system_failure("cannot stat", path, errno);
    return to_file_stat(s);
  }

  Result<FileStat> stat_link(const std::string& path) override {
    struct stat s;
    if (::lstat(path.c_str(), &s) != 0) return system_failure("cannot stat", path, errno);
    return to_file_stat(s);
  }

  Result<std::vector<FolderEntry>> list(const std::string& folder) override {
    DIR* dir = ::opendir(folder.c_str());
    if (dir == nullptr) return system_failure("cannot list", folder, errno);
    std::vector<FolderEntry> entries;
    errno = 0;
    while (const dirent* e = ::readdir(dir)) {
      const std::string_view name = e->d_name;
      if (name == "." || name == "..") continue;
      FileStat::Kind kind = e->d_type == DT_REG   ? FileStat::Kind::kFile
                            : e->d_type == DT_DIR ? FileStat::Kind::kFolder
                            : e->d_type == DT_LNK ? FileStat::Kind::kSymlink
                                                  : FileStat::Kind::kOther;
      if (e->d_type == DT_UNKNOWN) {
        if (const auto s = stat_link(join_path(folder, name))) kind = s->kind;
      }
      entries.push_back({std::string(name), kind});
    }
    const int error = errno;
    ::closedir(dir);
    if (error != 0) return system_failure("cannot list", folder, error);
    return entries;
  }

  Result<std::vector<FolderMember>> list_with_stat(const std::string& folder) override {
    DIR* dir = ::opendir(folder.c_str());
    if (dir == nullptr) return system_failure("cannot list", folder, errno);
    std::vector<FolderMember> members;
    errno = 0;
    while (const dirent* e = ::readdir(dir)) {
      const std::string_view name = e->d_name;
      if (name == "." || name == "..") continue;
      FolderMember member{.name = std::string(name), .is_link = e->d_type == DT_LNK, .stat = {}};
      struct stat s;
      if (e->d_type == DT_UNKNOWN &&
          ::fstatat(::dirfd(dir), e->d_name, &s, AT_SYMLINK_NOFOLLOW) == 0)
        member.is_link = S_ISLNK(s.st_mode);
      if (::fstatat(::dirfd(dir), e->d_name, &s, 0) == 0)
        member.stat = to_file_stat(s);
      else
        member.stat = system_failure("cannot stat", join_path(folder, name), errno);
      members.push_back(std::move(member));
      errno = 0;
    }
    const int error = errno;
    ::closedir(dir);
    if (error != 0) return system_failure("cannot list", folder, error);
    return members;
  }

  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override {
    FileDescriptor fd(open_retrying(path.c_str(), O_RDONLY | O_NONBLOCK));
    if (fd.get() < 0) return system_failure("cannot open", path, errno);
    struct stat s;
    if (::fstat(fd.get(), &s) != 0) return system_failure("cannot stat", path, errno);
    if (!S_ISREG(s.st_mode)) return fail(Code::kUnsupported, "{}: not a regular file", path);
    return std::make_unique<RealReadableFile>(std::move(fd), path,
                                              static_cast<uint64_t>(s.st_size));
  }

  Result<Bytes> read(const std::string& path, uint64_t max_bytes) override {
    const FileDescriptor fd(open_retrying(path.c_str(), O_RDONLY | O_NONBLOCK));
    if (fd.get() < 0) return system_failure("cannot open", path, errno);
    struct stat s;
    if (::fstat(fd.get(), &s) != 0) return system_failure("cannot stat", path, errno);
    if (!S_ISREG(s.st_mode)) return fail(Code::kUnsupported, "{}: not a regular file", path);
    if (static_cast<uint64_t>(s.st_size) > max_bytes)
      return too_large(path, static_cast<uint64_t>(s.st_size), max_bytes);

    // The size may change while we read: the loop ends at end of file, wherever that is by then.
    Bytes bytes(static_cast<size_t>(s.st_size));
    size_t filled = 0;
    while (true) {
      if (filled == bytes.size()) {
        std::byte probe[4096];
        const ssize_t n = read_some(fd.get(), probe, sizeof probe);
        if (n < 0) return system_failure("cannot read", path, errno);
        if (n == 0) break;
        if (filled + static_cast<size_t>(n) > max_bytes)
          return too_large(path, filled + static_cast<size_t>(n), max_bytes);
        bytes.insert(bytes.end(), probe, probe + n);
        filled = bytes.size();
        continue;
      }
      const ssize_t n = read_some(fd.get(), bytes.data() + filled, bytes.size() - filled);
      if (n < 0) return system_failure("cannot read", path, errno);
      if (n == 0) break;
      filled += static_cast<size_t>(n);
    }
    bytes.resize(filled);
    return bytes;
  }

  Result<Bytes> read_range(const std::string& path, uint64_t offset, uint64_t count) override {
    const FileDescriptor fd(open_retrying(path.c_str(), O_RDONLY));
    if (fd.get() < 0) return system_failure("cannot open", path, errno);
    Bytes bytes(static_cast<size_t>(count));
    size_t filled = 0;
    while (filled < bytes.size()) {
      const ssize_t n = ::pread(fd.get(), bytes.data() + filled, bytes.size() - filled,
                                static_cast<off_t>(offset + filled));
      if (n < 0) {
        if (errno == EINTR) continue;
        return system_failure("cannot read", path, errno);
      }
      if (n == 0)
        return fail(Code::kCorruptInput, "{}: ends at {} bytes, expected {}", path, offset + filled,
                    offset + count);
      filled += static_cast<size_t>(n);
    }
    return bytes;
  }

  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override {
    return open_for_writing(path, O_WRONLY | O_CREAT | O_TRUNC, std::nullopt);
  }

  Result<std::unique_ptr<WritableFile>> append_at(const std::string& path,
                                                  uint64_t bytes) override {
    return open_for_writing(path, O_WRONLY | O_CREAT, bytes);
  }

  Result<std::unique_ptr<WritableFile>> append(const std::string& path) override {
    return open_for_writing(path, O_WRONLY | O_CREAT | O_APPEND, std::nullopt);
  }

  Result<std::unique_ptr<WritableFile>> create_new(const std::string& path) override {
    FileDescriptor fd(open_retrying(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600));
    if (fd.get() >= 0) return std::make_unique<RealWritableFile>(std::move(fd), path);
    if (errno == EEXIST) return nullptr;
    return system_failure("cannot create", path, errno);
  }

  Result<> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0)
      return system_failure(fmt::format("cannot rename {} to it", from), to, errno);
    return {};
  }

  Result<bool> rename_if_free(const std::string& from, const std::string& to) override {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
      return true;
    if (errno == EEXIST) return false;
    // EINVAL: a file system that cannot promise it.
    if (errno == EINVAL || errno == ENOSYS) return FileSystem::rename_if_free(from, to);
    return system_failure(fmt::format("cannot rename {} to it", from), to, errno);
  }

  Result<> exchange(const std::string& a, const std::string& b) override {
    if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0) return {};
    const int error = errno;
    if (error == EINVAL || error == ENOSYS || error == EOPNOTSUPP)
      return FileSystem::exchange(a, b);
    return system_failure(fmt::format("cannot exchange {} with it", a), b, error);
  }

  Result<> copy_attributes(const std::string& from, const std::string& to) override {
    return copy_file_attributes(from, to);
  }

  Result<> symbolic_link(const std::string& text, const std::string& path) override {
    if (::symlink(text.c_str(), path.c_str()) == 0) return {};
    return system_failure(fmt::format("cannot make a link to {}", text), path, errno);
  }

  Result<> hard_link(const std::string& from, const std::string& to) override {
    if (::link(from.c_str(), to.c_str()) == 0) return {};
    const int error = errno;
    // EPERM: FAT and its like, and files of others where the kernel protects those.
    if (error == EXDEV || error == EPERM || error == EOPNOTSUPP || error == ENOSYS ||
        error == EMLINK)
      return fail(Code::kUnsupported, "{}: cannot link {} to it: {}", to, from,
                  std::strerror(error));
    return system_failure(fmt::format("cannot link {} to it", from), to, error);
  }

  Result<> remove(const std::string& path) override {
    if (::remove(path.c_str()) != 0) return system_failure("cannot remove", path, errno);
    return {};
  }

  Result<> create_folders(const std::string& path) override {
    if (::mkdir(path.c_str(), 0777) == 0) return {};
    const int error = errno;
    if (error == EEXIST) {
      const auto s = stat(path);
      if (s && s->kind == FileStat::Kind::kFolder) return {};
      return system_failure("cannot create folder", path, EEXIST);
    }
    if (error != ENOENT) return system_failure("cannot create folder", path, error);
    const std::string parent(parent_path(path));
    if (parent.empty() || parent == path)
      return system_failure("cannot create folder", path, error);
    IMAGEMILL_TRY(create_folders(parent));
    if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST)
      return system_failure("cannot create folder", path, errno);
    return {};
  }

  Result<> sync(const std::string& path) override {
    const FileDescriptor fd(open_retrying(path.c_str(), O_RDONLY | O_NONBLOCK));
    if (fd.get() < 0) return system_failure("cannot open", path, errno);
    // EINVAL: a file system that knows no such thing for folders.
    if (::fsync(fd.get()) != 0 && errno != EINVAL)
      return system_failure("cannot sync", path, errno);
    return {};
  }

  Result<> sync_all(const std::string& path) override {
    const FileDescriptor fd(open_retrying(path.c_str(), O_RDONLY));
    if (fd.get() < 0) return system_failure("cannot open", path, errno);
    if (::syncfs(fd.get()) != 0) return system_failure("cannot sync", path, errno);
    return {};
  }

 private:
  static std::unexpected<Status> too_large(const std::string& path, uint64_t seen, uint64_t limit) {
    return fail(Code::kResourceExhausted, "{}: {} bytes, the limit is {}", path, seen, limit);
  }

  static ssize_t read_some(int fd, std::byte* out, size_t bytes) {
    ssize_t n;
    do {
      n = ::read(fd, out, bytes);
    } while (n < 0 && errno == EINTR);
    return n;
  }

  static Result<std::unique_ptr<WritableFile>> open_for_writing(const std::string& path, int flags,
                                                                std::optional<uint64_t> cut_at) {
    FileDescriptor fd(open_retrying(path.c_str(), flags, 0666));
    if (fd.get() < 0) return system_failure("cannot create", path, errno);
    if (cut_at) {
      if (::ftruncate(fd.get(), static_cast<off_t>(*cut_at)) != 0)
        return system_failure("cannot truncate", path, errno);
      if (::lseek(fd.get(), 0, SEEK_END) < 0) return system_failure("cannot seek", path, errno);
    }
    return std::make_unique<RealWritableFile>(std::move(fd), path);
  }
};

}  // namespace

FileSystem& real_file_system() {
  static RealFileSystem fs;
  return fs;
}

}  // namespace imagemill
