// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/file_system.h"
#include "imagemill/status.h"

namespace imagemill {

// Files that people take for ONNX models, told by their first bytes: other frameworks' models, web
// pages that a download left, pointers of Git LFS. kUnsupported or kCorruptInput with what it is
// and what to do about it; `name` is for messages.
Result<> refuse_other_kinds(ReadableFile& file, std::string_view name);

}  // namespace imagemill
