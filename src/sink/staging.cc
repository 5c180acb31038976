// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "sink/staging.h"

#include <algorithm>

namespace imagemill {
namespace {

constexpr std::string_view kSuffix = ".partial";
constexpr size_t kMaxNameBytes = 255;  // of a file or folder, on every usual file system

bool is_staged_name(std::string_view name) {
  if (!name.ends_with(kSuffix) || name.size() == kSuffix.size()) return false;
  name.remove_suffix(kSuffix.size());
  return std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<> check_output_path(const std::string& path) {
  const auto refuse = [&](std::string_view why) {
    return fail(Code::kInvalidArgument, "output path \"{}\": {}", path, why);
  };
  if (path.find('\0') != std::string::npos) return refuse("holds a NUL byte");
  size_t begin = 0;
  while (true) {
    const size_t slash = path.find('/', begin);
    const size_t end = slash == std::string::npos ? path.size() : slash;
    const std::string_view segment = std::string_view(path).substr(begin, end - begin);
    if (segment.empty()) return refuse("expected a relative path without empty segments");
    if (segment == "." || segment == "..") return refuse("must not hold \".\" or \"..\"");
    if (segment.size() > kMaxNameBytes)
      return refuse(
          fmt::format("a name of {} bytes, expected at most {}", segment.size(), kMaxNameBytes));
    if (begin == 0 && segment == ".imagemill") return refuse("\".imagemill\" is the run's own");
    if (slash == std::string::npos) return {};
    begin = slash + 1;
  }
}

Result<std::unique_ptr<StagingFolder>> StagingFolder::open(const std::string& folder,
                                                           FileSystem& fs) {
  IMAGEMILL_TRY(fs.create_folders(folder));
  IMAGEMILL_ASSIGN_OR_RETURN(const std::vector<FolderEntry> entries, fs.list(folder));
  for (const FolderEntry& entry : entries)
    if (is_staged_name(entry.name)) IMAGEMILL_TRY(fs.remove(join_path(folder, entry.name)));
  return std::make_unique<StagingFolder>(folder, fs);
}

Result<StagedFile> StagingFolder::write(const std::string& path, ByteSpan bytes) {
  StagedFile file{.path = path, .temporary = next_name(), .bytes = bytes.size()};
  if (auto written = write_to(file.temporary, bytes); !written) {
    remove(file);  // a full disk needs the room
    return std::unexpected(std::move(written).error());
  }
  return file;
}

std::string StagingFolder::next_name() {
  return join_path(folder_, fmt::format("{}{}", next_++, kSuffix));
}

Result<StagedFile> StagingFolder::link(const std::string& path, const std::string& file) {
  IMAGEMILL_ASSIGN_OR_RETURN(const FileStat stat, fs_.stat_link(file));
  // A link to a symbolic link would be that, and lead elsewhere from here.
  if (stat.kind != FileStat::Kind::kFile)
    return fail(Code::kUnsupported, "{}: not a regular file, cannot be linked", file);
  StagedFile staged{.path = path, .temporary = next_name(), .bytes = stat.bytes};
  IMAGEMILL_TRY(fs_.hard_link(file, staged.temporary));
  return staged;
}

Result<> StagingFolder::write_to(const std::string& temporary, ByteSpan bytes) {
  IMAGEMILL_ASSIGN_OR_RETURN(const auto out, fs_.create(temporary));
  IMAGEMILL_TRY(out->write(bytes));
  return out->close();
}

Result<Bytes> StagingFolder::read(const StagedFile& file) {
  return fs_.read_range(file.temporary, 0, file.bytes);
}

StagingFolder::~StagingFolder() {
  const auto entries = fs_.list(folder_);
  if (!entries) return;
  for (const FolderEntry& entry : *entries)
    if (is_staged_name(entry.name)) (void)fs_.remove(join_path(folder_, entry.name));
}

void StagingFolder::remove(const StagedFile& file) {
  // What cannot be removed now is removed by the next open().
  (void)fs_.remove(file.temporary);
}

}  // namespace imagemill
