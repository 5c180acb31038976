// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "codec/helper_client.h"
#include "imagemill/engine.h"

namespace imagemill {

// The helper processes of a run, within its share of threads and memory; none is started before a
// picture needs it. Null without a helper binary: the formats that need one are refused, each with
// a word on why.
Result<std::unique_ptr<HelperPool>> open_helpers(const RunSpec& spec);

}  // namespace imagemill
