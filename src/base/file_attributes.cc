// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "base/file_attributes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace imagemill {
namespace {

class OpenFile {
 public:
  explicit OpenFile(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  const int fd_;
};

std::unexpected<Status> failure(const std::string& path, std::string_view what, int error) {
  const Code code = error == ENOSPC || error == EDQUOT ? Code::kResourceExhausted : Code::kIoError;
  return fail(code, "{}: {}: {}", path, what, std::strerror(error));
}

// Of calls that say how long the answer is when asked with no room for it.
template <typename Call>
bool read_text(std::string& out, const Call& call) {
  while (true) {
    const ssize_t size = call(nullptr, size_t{0});
    if (size < 0) return false;
    out.resize(static_cast<size_t>(size));
    const ssize_t got = call(out.data(), out.size());
    if (got >= 0) out.resize(static_cast<size_t>(got));
    // It has grown in between.
    if (got >= 0 || errno != ERANGE) return got >= 0;
  }
}

Result<> copy_extended(int from, int to, const std::string& path) {
  std::string names;
  if (!read_text(names, [&](char* out, size_t size) { return ::flistxattr(from, out, size); }))
    return {};  // the file system has none
  for (size_t at = 0; at < names.size();) {
    const std::string name = names.c_str() + at;
    at += name.size() + 1;
    std::string value;
    const bool is_copied =
        read_text(value, [&](char* out,
                             size_t size) { return ::fgetxattr(from, name.c_str(), out, size); }) &&
        ::fsetxattr(to, name.c_str(), value.data(), value.size(), 0) == 0;
    if (!is_copied && name.starts_with("user."))
      return failure(path, fmt::format("cannot keep the attribute {}", name), errno);
  }
  return {};
}

}  // namespace

Result<> copy_file_attributes(const std::string& from, const std::string& to) {
  const OpenFile source(from), target(to);
  struct stat stat{};
  if (source.get() < 0 || ::fstat(source.get(), &stat) != 0)
    return failure(from, "cannot read its attributes", errno);
  if (target.get() < 0) return failure(to, "cannot open", errno);
  // Only root may give files away; a group of one's own, anybody.
  const bool is_owned = ::fchown(target.get(), stat.st_uid, stat.st_gid) == 0;
  if (!is_owned) (void)!::fchown(target.get(), static_cast<uid_t>(-1), stat.st_gid);
  IMAGEMILL_TRY(copy_extended(source.get(), target.get(), to));
  // "Run as the owner" is not for another owner.
  const mode_t mode = stat.st_mode & (is_owned ? 07777 : 0777);
  if (::fchmod(target.get(), mode) != 0 && errno != EPERM && errno != EOPNOTSUPP)
    return failure(to, "cannot set its mode", errno);
  const timespec times[] = {stat.st_atim, stat.st_mtim};
  if (::futimens(target.get(), times) != 0) return failure(to, "cannot set its times", errno);
  return {};
}

}  // namespace imagemill
