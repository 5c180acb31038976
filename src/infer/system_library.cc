// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/system_library.h"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <cstddef>

#include "base/file_system.h"

namespace imagemill {
namespace {

constexpr const char* kLoaderCache = "/etc/ld.so.cache";
constexpr uint64_t kLoaderCacheBytesMax = uint64_t{16} << 20;

// Of the program: LD_LIBRARY_PATH, its own rpath, the loader's built-in folders.
std::vector<std::string> search_path() {
  void* const program = dlopen(nullptr, RTLD_LAZY);
  if (program == nullptr) return {};
  std::vector<std::string> folders;
  Dl_serinfo sizes = {};
  if (dlinfo(program, RTLD_DI_SERINFOSIZE, &sizes) == 0) {
    std::vector<std::max_align_t> memory(sizes.dls_size / sizeof(std::max_align_t) + 1);
    auto* const info = reinterpret_cast<Dl_serinfo*>(memory.data());
    info->dls_size = sizes.dls_size;
    info->dls_cnt = sizes.dls_cnt;
    if (dlinfo(program, RTLD_DI_SERINFO, info) == 0)
      for (unsigned i = 0; i < info->dls_cnt; ++i)
        folders.emplace_back(info->dls_serpath[i].dls_name);
  }
  dlclose(program);
  return folders;
}

// Its paths end with a NUL, whichever of its formats it has.
std::vector<std::string> paths_in_loader_cache(const std::string& soname) {
  const auto bytes = real_file_system().read(kLoaderCache, kLoaderCacheBytesMax);
  if (!bytes) return {};
  const std::string_view cache = as_text(*bytes);
  const std::string end = "/" + soname + '\0';
  std::vector<std::string> paths;
  for (size_t at = cache.find(end); at != std::string_view::npos; at = cache.find(end, at + 1)) {
    const size_t before = cache.rfind('\0', at);
    const size_t begin = before == std::string_view::npos ? 0 : before + 1;
    paths.emplace_back(cache.substr(begin, at + end.size() - 1 - begin));
  }
  return paths;
}

}  // namespace

std::vector<std::string> system_libraries(const std::string& soname) {
  std::vector<std::string> paths;
  for (const std::string& folder : search_path()) paths.push_back(join_path(folder, soname));
  std::ranges::copy(paths_in_loader_cache(soname), std::back_inserter(paths));
  std::vector<std::string> found;
  for (std::string& path : paths)
    if (path.starts_with('/') && std::ranges::find(found, path) == found.end() &&
        real_file_system().stat(path))
      found.push_back(std::move(path));
  return found;
}

}  // namespace imagemill
