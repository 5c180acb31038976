// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/cache.h"

#include "base/file_system.h"
#include "models/network.h"
#include "store/result_cache.h"

namespace imagemill {
namespace {

// Whose files lie right in them.
constexpr std::string_view kFolders[] = {kGraphsFolder, kBatchesFolder, kProvidersFolder};

Result<std::vector<FolderEntry>> files_in(FileSystem& fs, const std::string& folder) {
  auto entries = fs.list(folder);
  if (!entries && entries.error().code() == Code::kNotFound) return std::vector<FolderEntry>();
  return entries;
}

// It need not be there.
Result<> check_folder(FileSystem& fs, const std::string& folder) {
  const auto there = fs.stat(folder);
  if (!there || there->kind == FileStat::Kind::kFolder) return {};
  return fail(Code::kInvalidArgument, "{}: is a file, expected a folder", folder);
}

}  // namespace

Result<CacheContent> cache_content(const std::string& folder) {
  FileSystem& fs = real_file_system();
  IMAGEMILL_TRY(check_folder(fs, folder));
  IMAGEMILL_ASSIGN_OR_RETURN(const ResultCacheSize results, ResultCache::size(folder));
  CacheContent content{
      .results = results.entries, .result_bytes = results.bytes, .damage = results.damage};
  const std::string graphs = join_path(folder, kGraphsFolder);
  IMAGEMILL_ASSIGN_OR_RETURN(const auto files, files_in(fs, graphs));
  for (const FolderEntry& file : files) {
    const auto stat = fs.stat(join_path(graphs, file.name));
    if (!stat || stat->kind != FileStat::Kind::kFile) continue;
    ++content.graphs;
    content.graph_bytes += stat->bytes;
  }
  return content;
}

Result<> clear_cache(const std::string& folder) {
  FileSystem& fs = real_file_system();
  IMAGEMILL_TRY(check_folder(fs, folder));
  IMAGEMILL_TRY(ResultCache::remove(folder));
  for (const std::string_view name : kFolders) {
    const std::string path = join_path(folder, name);
    IMAGEMILL_ASSIGN_OR_RETURN(const auto files, files_in(fs, path));
    for (const FolderEntry& file : files)
      if (file.kind == FileStat::Kind::kFile) IMAGEMILL_TRY(fs.remove(join_path(path, file.name)));
  }
  return {};
}

}  // namespace imagemill
