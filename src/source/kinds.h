// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The source kinds behind open_source(). Each keeps a reference to the FileSystem.
#pragma once

#include <memory>
#include <string>

#include "source/list_text.h"
#include "source/source.h"

namespace imagemill {

struct SourcePlace {
  std::string location;  // path of the folder or file; unused for a list on standard input
  std::string name;
  SourceOptions options;
  FileSystem* fs = nullptr;
};

std::unique_ptr<Source> open_folder(SourcePlace place);
std::unique_ptr<Source> open_single_file(SourcePlace place);

// `text` is the list itself; relative paths in it are resolved against `base_folder` ("": the
// working folder).
std::unique_ptr<Source> open_list(SourcePlace place, std::string text, ListFormat format,
                                  std::string base_folder);

enum class TarCompression : uint8_t { kNone, kGzip, kZstd, kXz, kBzip2 };
Result<std::unique_ptr<Source>> open_zip(SourcePlace place);
Result<std::unique_ptr<Source>> open_tar(SourcePlace place, TarCompression compression);

}  // namespace imagemill
