// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Lists are text that names files: what they name is not opened here, but turned into keys, paths
// and glob matches.
#include "fuzz/read_everything.h"
#include "source/entry_key.h"
#include "source/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace imagemill;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view pattern = text.substr(0, std::min(text.find('\n'), size_t{64}));
  for (const ListFormat format :
       {ListFormat::kText, ListFormat::kCsv, ListFormat::kJsonLines, guess_list_format(text)}) {
    const auto list = parse_list(text, format);
    if (!list) continue;
    const KeyPrefix prefix("list", '/');
    for (const std::string& path : list->paths) {
      const SourceEntry entry = prefix.entry_of(path);
      IMAGEMILL_CHECK(is_utf8(entry.key));
      IMAGEMILL_CHECK(prefix.raw_path_of(entry) == path);
      check_path(entry.path());
      (void)glob_matches(pattern, entry.path());
    }
  }
  return 0;
}
