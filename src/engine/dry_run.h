// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/run_inputs.h"
#include "engine/run_plan.h"

namespace imagemill {

// --dry-run: what is in the inputs and how what comes of it would be named. Nothing is read or
// written: names go by extensions, and what an earlier try has done is not looked up.
RunFinished tell_plan(const RunSpec& spec, const RunPlan& plan, const RunInputs& inputs,
                      const CodecSet& codecs, Listener& listener);

}  // namespace imagemill
