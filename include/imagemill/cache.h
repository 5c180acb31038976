// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What is kept from run to run to save work (UserPlaces::cache). All of it can be made again.
#pragma once

#include <cstdint>
#include <string>

#include "imagemill/status.h"

namespace imagemill {

struct CacheContent {
  int64_t results = 0;  // of a job about a picture
  uint64_t result_bytes = 0;
  std::string damage;  // why results could not be counted; "": they were
  int64_t graphs = 0;  // networks as the runtime has optimised them
  uint64_t graph_bytes = 0;
};

// Of a folder that is not there: nothing. kInvalidArgument when it is a file.
Result<CacheContent> cache_content(const std::string& folder);

// Removes what Imagemill keeps there, nothing else. Runs that use it at the moment go on.
Result<> clear_cache(const std::string& folder);

}  // namespace imagemill
