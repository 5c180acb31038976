// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/file_system.h"
#include "imagemill/cancel.h"
#include "imagemill/models.h"
#include "models/model_manifest.h"

namespace imagemill {

// Downloads `file` from one address to `path`: on from where an earlier try was cut, if the server
// can do that, and again and again while a cut connection brings anything. kCorruptInput for
// another hash than file.sha256; then nothing of it stays. After other failures the part that has
// come stays for the next try.
Result<> download_file(FileSystem& fs, const std::string& url, const ModelFile& file,
                       const std::string& path, PullListener& listener, const CancelToken& cancel);

}  // namespace imagemill
