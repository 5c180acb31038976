// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "telemetry/run_report.h"

namespace imagemill {

// The report's section of warnings; "" without any.
std::string warnings_html(const WarningTally& warnings);

}  // namespace imagemill
