// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "sink/registry.h"

namespace imagemill {

Result<std::unique_ptr<Sink>> open_sink(SinkKind kind, const std::string& location,
                                        const SinkOptions& options, FileSystem& fs) {
  switch (kind) {
    case SinkKind::kFolder:
      return open_folder_sink(location, options, fs);
    case SinkKind::kZip:
      return open_zip_sink(location, options, fs);
    case SinkKind::kWebDataset:
      return open_webdataset_sink(location, options, fs);
  }
  return fail(Code::kInternal, "{}: no such kind of sink", static_cast<int>(kind));
}

}  // namespace imagemill
