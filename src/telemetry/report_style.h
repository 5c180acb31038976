// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace imagemill {

extern const std::string_view kReportStyle;  // the report's style sheet

}  // namespace imagemill
