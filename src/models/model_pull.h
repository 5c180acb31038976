// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/file_system.h"
#include "imagemill/cancel.h"
#include "imagemill/models.h"
#include "models/model_store.h"

namespace imagemill {

struct PullRequest {
  std::string name;
  std::string sha256 = {};  // of the graph; "": the manifest's
  std::string mirror = {};  // folder or http(s) address; "": none
};

// pull_model() of models.h, into a store and on a file system of the caller's.
Result<FoundModel> pull_into(FileSystem& fs, ModelStore& store, const PullRequest& request,
                             PullListener& listener, const CancelToken& cancel);

}  // namespace imagemill
