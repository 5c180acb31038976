// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "codec/codec_set.h"
#include "codec/helper_client.h"
#include "imagemill/cancel.h"

namespace imagemill {

// The helper processes of a run, within its share of threads and memory; none is started before a
// picture needs it.
struct Helpers {
  // Null without a helper binary: the formats that need one are refused, each with a word on why.
  std::unique_ptr<HelperPool> pool;
  Isolation isolation = Isolation::kNone;

  CodecSet codecs() const { return CodecSet(pool.get(), isolation); }
};

// `run_options`: names and values; `codec_host`: see RunSpec. `cancel` ends all that they do, and
// must outlive them. Errors: kInvalidArgument for options; kNotFound when decoding is to be
// isolated and there is no helper binary.
Result<Helpers> open_helpers(const std::map<std::string, std::string>& run_options,
                             const std::string& codec_host, const CancelToken& cancel);

}  // namespace imagemill
